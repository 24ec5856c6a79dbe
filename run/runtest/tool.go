package runtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tool is the program of the tests about networks; a test binary calls it from
// its TestMain, because shells alone cannot listen. It answers the exit status.
//
//	listen ADDRESS        says "listening"; answers each connection with the host
//	                      name and the number of bytes that came
//	serve ADDRESS         a model's server: says "port N", answers GET /ping with the
//	                      host name, and POST /invocations with what came
//	ask ADDRESS BYTES     sends so many bytes, prints the answer; tries for a while
//	try ADDRESS           says "reached" or "not reached"
//	resolve NAME          prints the name's addresses
//	interface ADDRESS     prints the interface that has it
func Tool(args []string) int {
	if len(args) < 2 {
		fmt.Println("which?")
		return 2
	}
	var err error
	switch args[0] {
	case "listen":
		err = listen(args[1])
	case "serve":
		err = serve(args[1])
	case "ask":
		err = ask(args[1], args[2])
	case "try":
		err = try(args[1])
	case "resolve":
		var found []string
		if found, err = net.LookupHost(args[1]); err == nil {
			slices.Sort(found)
			fmt.Println(strings.Join(found, " "))
		}
	case "interface":
		err = interfaceOf(args[1])
	default:
		err = errors.New("no such tool")
	}
	if err != nil {
		fmt.Println(args[0]+":", err)
		return 1
	}
	return 0
}

func listen(address string) error {
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	fmt.Println("port", l.Addr().(*net.TCPAddr).Port)
	name, _ := os.Hostname()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go answer(conn, name)
	}
}

// serve answers HTTP. An address in brackets is of IPv6 alone.
func serve(address string) error {
	network := "tcp4"
	if strings.HasPrefix(address, "[") {
		network = "tcp6"
	}
	if strings.HasPrefix(address, "[::]") {
		network = "tcp"
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	fmt.Println("port", l.Addr().(*net.TCPAddr).Port)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) {
		name, _ := os.Hostname()
		fmt.Fprint(w, name)
	})
	mux.HandleFunc("POST /invocations", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			w.Write(body)
		}
	})
	return http.Serve(l, mux)
}

// answer says who got how many bytes, once they have all come.
func answer(conn net.Conn, name string) {
	defer conn.Close()
	if n, err := io.Copy(io.Discard, conn); err == nil {
		fmt.Fprintln(conn, name, n)
	}
}

// ask tries as long as nobody listens there.
func ask(address, bytes string) error {
	n, err := strconv.Atoi(bytes)
	if err != nil {
		return err
	}
	var conn net.Conn
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if conn, err = net.DialTimeout("tcp4", address, 5*time.Second); err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(conn, strings.Repeat("x", n)); err != nil {
		return err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	fmt.Print(answer)
	return err
}

func try(address string) error {
	conn, err := net.DialTimeout("tcp4", address, 2*time.Second)
	if err != nil {
		fmt.Println("not reached")
		return nil
	}
	fmt.Println("reached")
	return conn.Close()
}

func interfaceOf(address string) error {
	all, err := net.Interfaces()
	if err != nil {
		return err
	}
	want, err := net.LookupIP(address)
	if err != nil {
		return err
	}
	for _, i := range all {
		addresses, _ := i.Addrs()
		for _, a := range addresses {
			ip := a.(*net.IPNet)
			if slices.ContainsFunc(want, func(w net.IP) bool { return ip.IP.Equal(w) || i.Name == "lo" && ip.Contains(w) }) {
				fmt.Println(i.Name)
				return nil
			}
		}
	}
	return fmt.Errorf("no interface has %s", address)
}
