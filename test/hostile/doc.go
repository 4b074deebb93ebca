// Command hostile sends damaged and hurtful frames to a running product, made from a seed, and counts what becomes of it: how
// often the process ended, how many links it lost, and whether customers are still answered between the frames.
//
//	go run ./test/hostile --frames 100000 --seed 1
package main
