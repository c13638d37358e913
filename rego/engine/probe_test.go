package engine

import (
	"fmt"
	"testing"
	"time"
)

// While a policy ends for nobody, probes take no more of a processor with two
// hundred organizations than with three.
func TestProbesAreSharedWhileAPolicyEndsForNobody(t *testing.T) {
	for _, parties := range []int{spread, 200} {
		t.Run(fmt.Sprint(parties, " parties"), func(t *testing.T) {
			var b breaker
			now := time.Unix(0, 0)
			name := func(i int) string { return fmt.Sprint("organization ", i%parties) }
			for i := range spread * breakAfter {
				b.ended(fmt.Sprint("organization ", i/breakAfter), now, true)
			}
			probes, long := 0, 0
			for i := range 100 * 60 * 30 { // a hundred reviews a second for half an hour
				now = now.Add(10 * time.Millisecond)
				evaluate, aside := b.admit(name(i), now)
				if evaluate {
					t.Fatalf("%s waits for a policy that ends for nobody", name(i))
				}
				if aside == noProbe {
					continue
				}
				probes++
				if aside == longProbe {
					long++
				}
				if _, again := b.admit(name(i+1), now); again != noProbe {
					t.Fatal("two probes at a time")
				}
				b.probed(name(i), now, true)
			}
			if probes < 20 || probes > 40 { // one a minute, and those of the first minute
				t.Errorf("%d probes in half an hour, want about one a minute", probes)
			}
			if short := probes - long; parties == spread && (short < 4 || short > 4*spread) {
				t.Errorf("%d of %d probes are short, want those of the first seconds of each party", short, probes)
			}

			// It ends again: each party's next probe brings it back for that party.
			for i := range 100 * 60 * 3 * parties {
				now = now.Add(10 * time.Millisecond)
				if _, aside := b.admit(name(i), now); aside != noProbe {
					b.probed(name(i), now, false)
				}
			}
			for i := range parties {
				if evaluate, _ := b.admit(name(i), now); !evaluate {
					t.Errorf("%s does not have it back", name(i))
				}
			}
			if len(b.by) != 0 || b.open != 0 {
				t.Errorf("%d circuits are left, %d open", len(b.by), b.open)
			}
		})
	}
}

// What one tenant sends may keep a probe in a builtin that heeds no deadline for
// minutes. That keeps nobody else's policy away.
func TestAProbeThatIsLeftBehindKeepsNobodyElse(t *testing.T) {
	var b breaker
	now := time.Unix(0, 0)
	for range breakAfter {
		b.ended("organization acme", now, true)
		b.ended("organization globex", now, true)
	}
	now = now.Add(maxPause)
	probes := func(party string) bool {
		_, aside := b.admit(party, now)
		return aside != noProbe
	}
	if !probes("organization acme") {
		t.Fatal("no probe a minute later")
	}
	if probes("organization globex") {
		t.Error("two probes at a time")
	}
	b.overran("organization acme")
	if !probes("organization globex") {
		t.Error("globex waits for acme's probe")
	}
	if probes("organization acme") {
		t.Error("acme probes again while its probe goes on")
	}
	b.left("organization acme", -1)
	b.probed("organization acme", now, true)
	now = now.Add(maxPause)
	if probes("organization acme") {
		t.Error("acme's old probe ended, and globex's is forgotten")
	}
	b.probed("organization globex", now, false)
	if evaluate, _ := b.admit("organization globex", now); !evaluate {
		t.Error("globex does not have it back")
	}
	if !probes("organization acme") {
		t.Error("acme never probes again")
	}
}
