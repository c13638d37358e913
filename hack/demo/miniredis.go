package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

const (
	// miniredisCommand is the subcommand that stands in for redis-server.
	miniredisCommand = "miniredis"
	// standIn is told to the user of a demo without a real Redis.
	standIn = "No redis-server was found and none could be fetched: an in-memory imitation (miniredis) stands in for it. " +
		"Everything works, but it is slower, forgets the ledger when it stops, and proves nothing about Redis."
)

// serveMiniredis serves the imitation on an address until ctx ends.
func serveMiniredis(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("miniredis: name the address to listen on")
	}
	m := miniredis.NewMiniRedis()
	if err := m.StartAddr(args[0]); err != nil {
		return fmt.Errorf("serving miniredis: %w", err)
	}
	defer m.Close()
	<-ctx.Done()
	return nil
}
