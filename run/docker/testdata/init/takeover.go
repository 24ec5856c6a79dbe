package main

import (
	"fmt"
	"net"
	"os"

	"github.com/sagebrush/sagebrush/run/docker/inside"
)

// takeover puts itself between the server and the container's first process: it
// leads every request on, and answers what the first process answers.
func takeover() int {
	const sock = inside.Shared + "/" + inside.SockFile
	err := os.Rename(sock, sock+".true")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	l, err := net.Listen("unix", sock)
	if err == nil {
		err = os.Chmod(sock, 0o777)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("taken")
	for {
		server, err := l.Accept()
		if err != nil {
			fmt.Println(err)
			return 1
		}
		first, err := net.Dial("unix", sock+".true")
		if err != nil {
			fmt.Println(err)
			return 1
		}
		go pass(first.(*net.UnixConn), server.(*net.UnixConn))
		go pass(server.(*net.UnixConn), first.(*net.UnixConn))
	}
}

// pass leads messages on, and the descriptors in them.
func pass(to, from *net.UnixConn) {
	defer to.Close()
	buf, rights := make([]byte, 4096), make([]byte, 64)
	for {
		n, r, _, _, err := from.ReadMsgUnix(buf, rights)
		if err != nil || n == 0 {
			return
		}
		if _, _, err := to.WriteMsgUnix(buf[:n], rights[:r], nil); err != nil {
			return
		}
	}
}
