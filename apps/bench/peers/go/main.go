// cosio-bench-go PORT: the port of Socket.IO to Go as it comes, with the behaviour of ../../server/events.hpp.
// GOMAXPROCS=1 gives it one thread for Go code.
package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/zishang520/socket.io/servers/socket/v3"
)

func asRoom(argument any) socket.Room {
	name, _ := argument.(string)
	return socket.Room(name)
}

// The acknowledgement is the last of the arguments.
func acknowledge(arguments []any, answer ...any) {
	if send, ok := arguments[len(arguments)-1].(socket.Ack); ok {
		send(answer, nil)
	}
}

func answer(nsp socket.Namespace) {
	nsp.On("connection", func(connected ...any) {
		user := connected[0].(*socket.Socket)
		user.On("echo", func(all ...any) { user.Emit("echo", all...) })
		user.On("ack", func(all ...any) { acknowledge(all, all[:len(all)-1]...) })
		user.On("take", func(all ...any) { acknowledge(all, len(all)-1) })
		user.On("bin", func(all ...any) { user.Emit("bin", all...) })
		user.On("join", func(all ...any) { user.Join(asRoom(all[0])) })
		user.On("bcast", func(all ...any) { nsp.Emit("bcast", all...) })
		user.On("spread", func(all ...any) { nsp.Emit("spread", all...) })
		user.On("room", func(all ...any) { nsp.To(asRoom(all[0])).Emit("room", all[1:]...) })
	})
}

func answerJSON(nsp socket.Namespace) {
	nsp.On("connection", func(connected ...any) {
		user := connected[0].(*socket.Socket)
		user.On("back", func(all ...any) { acknowledge(all, all[:len(all)-1]...) })
	})
}

func serve(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: cosio-bench-go PORT")
	}
	options := socket.DefaultServerOptions()
	options.SetServeClient(false)
	io := socket.NewServer(nil, options)
	for _, name := range []string{"/", "/x"} {
		answer(io.Of(name, nil))
	}
	answerJSON(io.Of("/json", nil))
	http.Handle("/socket.io/", io.ServeHandler(nil))
	listener, err := net.Listen("tcp", "127.0.0.1:"+arguments[1])
	if err != nil {
		return err
	}
	fmt.Println("ready", os.Getpid())
	return http.Serve(listener, nil)
}

func main() {
	if err := serve(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
