package encode

import (
	"bufio"
	"io"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
)

// bufferSize is above the threshold at which the generic server compresses an
// answer, which it decides by the first write.
const bufferSize = 256 << 10

// newWriters returns a pool of writers for answers in flight.
func newWriters() *sync.Pool {
	return &sync.Pool{New: func() any { return bufio.NewWriterSize(io.Discard, bufferSize) }}
}

// buffered encodes through a pooled buffer.
type buffered struct {
	runtime.Serializer
	writers *sync.Pool
}

// Encode writes the object as JSON.
func (b buffered) Encode(obj runtime.Object, w io.Writer) error {
	bw := b.writers.Get().(*bufio.Writer)
	bw.Reset(w)
	defer func() {
		bw.Reset(io.Discard)
		b.writers.Put(bw)
	}()
	done, err := encodeBudgets(obj, bw)
	if !done {
		err = b.Serializer.Encode(obj, bw)
	}
	if err != nil {
		return err
	}
	return bw.Flush()
}
