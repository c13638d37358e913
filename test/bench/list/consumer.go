package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	"k8s.io/client-go/rest"
)

// consumeCommand has this program list in a loop. It is a process of its own,
// as a dashboard would be: in one process the Go scheduler would have whoever
// measures wait for whoever reads 10 MB.
const consumeCommand = "consume"

// endpoint is how a consumer reaches the server.
type endpoint struct {
	URL           string
	CA, Cert, Key []byte
}

// consume lists until standard input ends.
func consume(ctx context.Context) error {
	var e endpoint
	if err := json.NewDecoder(os.Stdin).Decode(&e); err != nil {
		return fmt.Errorf("reading where to list: %w", err)
	}
	client, err := rest.HTTPClientFor(&rest.Config{Host: e.URL, DisableCompression: true,
		TLSClientConfig: rest.TLSClientConfig{CAData: e.CA, CertData: e.Cert, KeyData: e.Key}})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent closes it, or is gone
		cancel()
	}()
	for ctx.Err() == nil {
		if _, err := get(ctx, client, e.URL+listURL, "application/json", nil); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// consumer is a running consumer.
type consumer struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

func (b *bench) startConsumer(ctx context.Context) (*consumer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	c := &consumer{cmd: exec.CommandContext(ctx, self, consumeCommand)}
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting a consumer: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a consumer: %w", err)
	}
	if err := json.NewEncoder(c.stdin).Encode(b.endpoint); err != nil {
		return nil, fmt.Errorf("telling a consumer where to list: %w", err)
	}
	return c, nil
}

// stop ends the consumer. An error means that a list failed.
func (c *consumer) stop() error {
	if err := c.stdin.Close(); err != nil {
		return fmt.Errorf("ending a consumer: %w", err)
	}
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("a consumer of lists: %w", err)
	}
	return nil
}
