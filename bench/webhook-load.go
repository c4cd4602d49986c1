// The load of bench/webhook: sends reviews over TLS connections that are kept, each waiting for its answer, and prints one JSON object.
//
//	webhook-load PORT CA_FILE REVIEWS_FILE CONNECTIONS SECONDS
//
// REVIEWS_FILE has one review a line; each connection sends them in turn. An API server is a Go program that speaks HTTP/1.1 to webhooks on
// connections that it keeps, so TLS and its ciphers are those that it would use. HTTP is written and read by hand, to take little of the machine
// from the server.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(read(os.Args[2]))
	load := load{address: "127.0.0.1:" + os.Args[1], tls: &tls.Config{RootCAs: authorities}}
	for _, review := range bytes.Split(bytes.TrimSpace(read(os.Args[3])), []byte("\n")) {
		head := fmt.Sprintf("POST /mutate?timeout=10s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n"+
			"Content-Length: %d\r\n\r\n", len(review))
		load.requests = append(load.requests, append([]byte(head), review...))
	}
	used := processorTime()
	times := load.run(number(os.Args[4]), time.Duration(number(os.Args[5]))*time.Second)
	used = processorTime() - used
	slices.Sort(times)
	fmt.Printf(`{"requests": %d, "p50_ms": %.3f, "p99_ms": %.3f, "processor_us": %.1f}`+"\n", len(times), times[len(times)/2].Seconds()*1e3,
		times[len(times)*99/100].Seconds()*1e3, used.Seconds()*1e6/float64(len(times)))
}

func read(file string) []byte {
	content, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	return content
}

func number(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return number
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

type load struct {
	address  string
	tls      *tls.Config
	requests [][]byte
}

// run answers the times of all requests.
func (l *load) run(connections int, duration time.Duration) []time.Duration {
	end := time.Now().Add(duration)
	times := make([][]time.Duration, connections)
	var all sync.WaitGroup
	for i := range times {
		all.Add(1)
		go func() {
			defer all.Done()
			var err error
			if times[i], err = l.ask(i, end); err != nil {
				log.Fatal(err)
			}
		}()
	}
	all.Wait()
	return slices.Concat(times...)
}

func (l *load) ask(first int, end time.Time) (times []time.Duration, err error) {
	connection, err := tls.Dial("tcp", l.address, l.tls)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	in := bufio.NewReaderSize(connection, 1<<16)
	body := make([]byte, 1<<16)
	start := time.Now()
	for i := first; start.Before(end); i++ {
		if _, err := connection.Write(l.requests[i%len(l.requests)]); err != nil {
			return nil, err
		}
		length, err := readAnswer(in, body)
		if err != nil {
			return nil, err
		}
		if i == first && !bytes.Contains(body[:length], []byte(`"patch":"`)) {
			return nil, fmt.Errorf("no patch: %s", body[:length])
		}
		now := time.Now()
		times = append(times, now.Sub(start))
		start = now
	}
	return times, nil
}

// readAnswer reads one answer, whole or in chunks, into a buffer; how long its body is.
func readAnswer(in *bufio.Reader, body []byte) (length int, err error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if !strings.HasPrefix(line, "HTTP/1.1 200") {
		return 0, fmt.Errorf("the answer is %s", line)
	}
	chunked := false
	for line != "" {
		if line, err = in.ReadString('\n'); err != nil {
			return 0, err
		}
		line = strings.TrimSpace(line)
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "transfer-encoding":
			chunked = true
		case "content-length":
			length = number(strings.TrimSpace(value))
		}
	}
	if !chunked {
		return io.ReadFull(in, body[:length])
	}
	for {
		if line, err = in.ReadString('\n'); err != nil {
			return 0, err
		}
		chunk, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil {
			return 0, err
		}
		if _, err = io.ReadFull(in, body[length:length+int(chunk)+2]); err != nil {
			return 0, err
		}
		if chunk == 0 {
			return length, nil
		}
		length += int(chunk)
	}
}
