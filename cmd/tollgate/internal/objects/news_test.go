package objects

import "testing"

func TestNewsReachEveryListener(t *testing.T) {
	t.Parallel()
	n := newNews()
	first, second := n.next(), n.next()
	for _, early := range []<-chan struct{}{first, second} {
		select {
		case <-early:
			t.Fatal("told before there was anything")
		default:
		}
	}
	n.tell()
	<-first
	<-second
	select {
	case <-n.next():
		t.Error("who listens after the news hears them again")
	default:
	}
}
