// Package health checks this machine before a program runs on it: memory that
// keeps what is written to it, a disk that gives back what it was given, GPUs
// that answer, and a network between hosts (CreateTrainingJob's
// InfraCheckConfig, rule TrainContainer-16).
package health

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// timeout bounds the whole check.
const timeout = 30 * time.Second

// Check checks the machine for a job of so many hosts whose files lie in dir. It
// answers what it found in one sentence; the error says what is at fault.
func Check(ctx context.Context, dir string, hosts int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var found []string
	for _, check := range []struct {
		what string
		do   func() (string, error)
	}{
		{"memory", checkMemory},
		{"disk", func() (string, error) { return checkDisk(dir) }},
		{"GPUs", func() (string, error) { return checkGPUs(ctx) }},
		{"network", func() (string, error) { return checkNetwork(ctx, hosts) }},
	} {
		result, err := check.do()
		if err != nil {
			return "", fmt.Errorf("%s: %w", check.what, err)
		}
		found = append(found, check.what+" "+result)
	}
	return strings.Join(found, ", "), nil
}

// checkMemory writes a random pattern over memory and reads it again.
func checkMemory() (string, error) {
	const size = 64 << 20
	block := make([]byte, 64<<10)
	if _, err := rand.Read(block); err != nil {
		return "", err
	}
	memory := make([]byte, size)
	for at := 0; at < size; at += len(block) {
		copy(memory[at:], block)
	}
	for at := 0; at < size; at += len(block) {
		if !bytes.Equal(memory[at:at+len(block)], block) {
			return "", fmt.Errorf("a block of memory does not hold what was written to it")
		}
	}
	return fmt.Sprintf("%d MiB held", size>>20), nil
}

// checkDisk writes to the disk that holds the jobs and reads it again.
func checkDisk(dir string) (string, error) {
	const size = 16 << 20
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".check-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, size)
	if _, err := rand.Read(block); err != nil {
		return "", err
	}
	began := time.Now()
	_, err = f.Write(block)
	if err = errors.Join(err, f.Sync()); err != nil {
		return "", err
	}
	took := time.Since(began)
	read := make([]byte, size)
	if _, err := f.ReadAt(read, 0); err != nil {
		return "", err
	}
	if !bytes.Equal(read, block) {
		return "", fmt.Errorf("%s does not give back what was written to it", filepath.Dir(f.Name()))
	}
	return fmt.Sprintf("wrote %d MiB at %.0f MB/s", size>>20, float64(size)/1e6/took.Seconds()), nil
}

// checkGPUs asks the driver of every GPU how it is.
func checkGPUs(ctx context.Context) (string, error) {
	devices, _ := filepath.Glob("/dev/nvidia[0-9]*") // the pattern is valid
	if len(devices) == 0 {
		return "none", nil
	}
	out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("nvidia-smi: %w: %s", err, bytes.TrimSpace(out))
	}
	if lines := strings.Count(strings.TrimSpace(string(out)), "\n") + 1; lines != len(devices) {
		return "", fmt.Errorf("there are %d devices, and nvidia-smi knows %d", len(devices), lines)
	}
	return fmt.Sprintf("%d answer", len(devices)), nil
}

// checkNetwork lets as many addresses of this machine as there are hosts pass a
// message round.
func checkNetwork(ctx context.Context, hosts int) (string, error) {
	const size = 1 << 20
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	failed := make(chan error, 1)
	go func() {
		for range hosts {
			c, err := l.Accept()
			if err == nil {
				_, err = io.CopyN(c, c, size)
				err = errors.Join(err, c.Close())
			}
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	message, answer := make([]byte, size), make([]byte, size)
	for i := range hosts {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(i%250+2))}}
		c, err := dialer.DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			return "", err
		}
		if _, err := rand.Read(message); err != nil {
			return "", err
		}
		sent := make(chan error, 1)
		go func() { _, err := c.Write(message); sent <- err }()
		_, err = io.ReadFull(c, answer)
		if err = errors.Join(err, <-sent, c.Close()); err != nil {
			return "", err
		}
		if !bytes.Equal(message, answer) {
			return "", fmt.Errorf("a message came back changed")
		}
	}
	return fmt.Sprintf("%d hosts reached", hosts), <-failed
}
