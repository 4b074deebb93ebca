// Command chaos breaks what can break while customers write, and then counts:
//
//	go run ./test/chaos --workspaces 50 --rate 50 --duration 60s --seed 7 --faults kill,postgres,phones,drop
//
// The seed alone decides who writes what when and which fault strikes when. The server, its database and the local WhatsApp
// are processes that are ended with SIGKILL and started again on the same data; connections are reset, frozen and refused;
// messages arrive twice, confirmations are errors or lost. When all is quiet again the log, the read models and the phones'
// own records have to agree: nothing lost, nothing answered twice, nothing unreadable.
package main
