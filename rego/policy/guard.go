package policy

import (
	"fmt"
	"time"
)

// compileLimit is how long a policy may take to compile. Those of the baseline
// take a few milliseconds.
const compileLimit = 10 * time.Second

// maxSource bounds the text of a policy with its libs, in bytes.
const maxSource = 4 << 20

// Compile parses and compiles a policy under the allow-list. Errors carry
// OPA's position and message. What makes the compiler itself panic, or run for
// longer than any sane policy would, is an error too.
func (c *Compiler) Compile(p *Policy) (*Compiled, error) {
	modules := append(append([]Module(nil), p.Modules...), p.Libs...)
	return guarded(p.ID, modules, func() (*Compiled, error) { return c.compile(p) })
}

// guarded keeps a compilation within bounds.
func guarded[T any](what string, modules []Module, compile func() (T, error)) (T, error) {
	var none T
	size := 0
	counted := map[Module]bool{}
	for _, m := range modules {
		if counted[m] {
			continue
		}
		counted[m] = true
		size += len(m.Source)
		if err := checkDepth(m); err != nil {
			return none, err
		}
	}
	if size > maxSource {
		return none, fmt.Errorf("%s: the Rego and its libs have %d bytes; at most %d are allowed", what, size, maxSource)
	}
	type outcome struct {
		compiled T
		err      error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if r := recover(); r != nil {
				o = outcome{err: fmt.Errorf("%s: the Rego cannot be compiled: %v", what, r)}
			}
			done <- o
		}()
		o.compiled, o.err = compile()
	}()
	limit := time.NewTimer(compileLimit)
	defer limit.Stop()
	select {
	case o := <-done:
		return o.compiled, o.err
	case <-limit.C:
		return none, fmt.Errorf("%s: the Rego took more than %s to compile; make it smaller", what, compileLimit)
	}
}

// maxDepth bounds nesting of brackets in a module: the compiler recurses on it.
const maxDepth = 500

func checkDepth(m Module) error {
	depth := 0
	for i := 0; i < len(m.Source); i++ {
		switch m.Source[i] {
		case '(', '[', '{':
			if depth++; depth > maxDepth {
				return fmt.Errorf("%s: brackets are nested more than %d deep", m.Name, maxDepth)
			}
		case ')', ']', '}':
			if depth > 0 {
				depth--
			}
		}
	}
	return nil
}
