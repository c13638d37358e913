package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// status prints what runs.
func status(h home, out io.Writer) error {
	pid, err := h.supervisor()
	if err != nil {
		return err
	}
	if pid == 0 {
		fmt.Fprintln(out, "The demo is not running; start it with make demo")
		return nil
	}
	s, err := h.readState()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The demo is %s; supervisor %d, log %s\n", s.Phase, pid, h.log())
	if s.Error != "" {
		fmt.Fprintln(out, s.Error)
	}
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "PROCESS\tPID\tDEATHS\tADDRESS")
	for _, p := range s.Processes {
		running := "down"
		if p.PID != 0 {
			running = fmt.Sprint(p.PID)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", p.Name, running, p.Deaths, s.Addresses[p.Name])
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing the status: %w", err)
	}
	for _, note := range s.Notes {
		fmt.Fprintf(out, "\n%s\n", note)
	}
	return nil
}
