package turn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// Player is a running engine.
type Player struct {
	// Name of the engine.
	Name string

	cmd     *exec.Cmd
	stdin   io.WriteCloser
	asks    *json.Encoder
	answers *json.Decoder
}

// Start starts an engine's program on so many cores (0: all of them) and gives
// it its work.
func Start(ctx context.Context, name string, cores int, work *Work, program string, args ...string) (*Player, error) {
	p := &Player{Name: name, cmd: exec.CommandContext(ctx, program, args...)}
	p.cmd.Stderr = os.Stderr
	if cores > 0 {
		p.cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(cores))
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p.asks, p.answers = json.NewEncoder(p.stdin), json.NewDecoder(stdout)
	if _, err := p.ask(request{Work: work}); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// Judge returns what the engine finds in a review.
func (p *Player) Judge(review int) ([]Finding, error) {
	a, err := p.ask(request{Judge: &review})
	return a.Findings, err
}

// Run has the engine take its turn.
func (p *Player) Run(t Turn) (Took, error) {
	a, err := p.ask(request{Turn: &t})
	return a.Took, err
}

// Disturb begins or ends what disturbs the engine.
func (p *Player) Disturb(on bool) error {
	_, err := p.ask(request{Disturb: &on})
	return err
}

// Settle has the process give back the memory that it no longer needs.
func (p *Player) Settle() error {
	_, err := p.ask(request{Settle: true})
	return err
}

// PID of the engine's process.
func (p *Player) PID() int { return p.cmd.Process.Pid }

func (p *Player) ask(r request) (answer, error) {
	if err := p.asks.Encode(r); err != nil {
		return answer{}, fmt.Errorf("%s: asking: %w", p.Name, err)
	}
	var a answer
	if err := p.answers.Decode(&a); err != nil {
		return answer{}, fmt.Errorf("%s: no answer: %w", p.Name, err)
	}
	if a.Error != "" {
		return answer{}, fmt.Errorf("%s: %s", p.Name, a.Error)
	}
	return a, nil
}

// Stop ends the engine's process.
func (p *Player) Stop() error {
	if err := p.stdin.Close(); err != nil {
		return fmt.Errorf("ending %s: %w", p.Name, err)
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("ending %s: %w", p.Name, err)
	}
	return nil
}
