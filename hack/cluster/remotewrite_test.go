package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWriteRequest compares with bytes worked out by hand from the specification.
func TestWriteRequest(t *testing.T) {
	got := writeRequest([]Series{{
		Labels:  map[string]string{"b": "2", "__name__": "a"},
		Samples: []Sample{{Time: time.UnixMilli(300), Value: 1}},
	}})
	want := []byte{
		0x0a, 0x25, // one series
		0x0a, 0x0d, 0x0a, 0x08, '_', '_', 'n', 'a', 'm', 'e', '_', '_', 0x12, 0x01, 'a',
		0x0a, 0x06, 0x0a, 0x01, 'b', 0x12, 0x01, '2',
		0x12, 0x0c, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
