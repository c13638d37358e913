package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"encoding/json"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/test/bench/report"
)

const (
	memoryLists  = 10
	memoryAtOnce = 4
	plainBound   = 120 // MiB
	tableBound   = 150 // MiB
	table        = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
)

// memory watches the server's anonymous memory during lists.
func (b *bench) memory(ctx context.Context) ([]report.Result, error) {
	idle, err := rssAnon(b.rig.Server.PID())
	if err != nil {
		return nil, err
	}
	tables, err := b.peak(ctx, b.pagedTables)
	if err != nil {
		return nil, err
	}
	plain, err := b.peak(ctx, func(ctx context.Context) error {
		_, err := b.fetch(ctx, listURL, "application/json", nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "RssAnon: %.0f MiB at first, %.0f MiB in paged tables, %.0f MiB in plain lists\n", idle, tables, plain)
	return []report.Result{
		report.AtMost("RssAnon, ten plain lists of 10,000, four at a time", "MiB", plain, plainBound, 1),
		report.AtMost("RssAnon, ten lists of 10,000 as kubectl's paged tables, four at a time", "MiB", tables, tableBound, 1),
	}, nil
}

// peak runs ten lists, four at a time, and returns the largest RssAnon in MiB
// that was seen meanwhile.
func (b *bench) peak(ctx context.Context, list func(context.Context) error) (float64, error) {
	var most float64 // the watcher's until it ends
	watching, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	go func() {
		for watching.Err() == nil {
			mib, err := rssAnon(b.rig.Server.PID())
			if err != nil {
				failed <- err
				return
			}
			most = max(most, mib)
			time.Sleep(time.Millisecond)
		}
		failed <- nil
	}()
	var g errgroup.Group
	g.SetLimit(memoryAtOnce)
	for range memoryLists {
		g.Go(func() error { return list(ctx) })
	}
	err := g.Wait()
	stop()
	if watchErr := <-failed; err == nil {
		err = watchErr
	}
	return most, err
}

// pagedTables does what kubectl get does: pages of 500 as tables.
func (b *bench) pagedTables(ctx context.Context) error {
	token, seen := "", 0
	var answer bytes.Buffer
	for {
		path := listURL + "?limit=500&continue=" + url.QueryEscape(token)
		if _, err := b.fetch(ctx, path, table, &answer); err != nil {
			return err
		}
		var page metav1.Table
		if err := json.Unmarshal(answer.Bytes(), &page); err != nil {
			return fmt.Errorf("reading a page: %w", err)
		}
		seen += len(page.Rows)
		if token = page.Continue; token == "" {
			break
		}
	}
	if seen != rows {
		return fmt.Errorf("pages had %d rows, want %d", seen, rows)
	}
	return nil
}

// rssAnon returns a process's anonymous resident memory in MiB.
func rssAnon(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the server's memory: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err != nil {
				return 0, fmt.Errorf("reading the server's memory: %w", err)
			}
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("process %d does not tell its RssAnon", pid)
}
