package settingsfile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/rego/settings"
)

// every is how often the file is looked at. A ConfigMap takes longer to arrive.
const every = 2 * time.Second

// File is a file of settings.
type File struct {
	path string
	last []byte // read last, whether it could be used or not
}

// Open reads the settings; the defaults without a path.
func Open(path string) (*File, *settings.Settings, error) {
	f := &File{path: path}
	if path == "" {
		return f, settings.Default(), nil
	}
	s, _, err := f.read()
	return f, s, err
}

// read returns the settings if the file changed.
func (f *File) read() (s *settings.Settings, changed bool, err error) {
	raw, err := os.ReadFile(f.path)
	if err != nil {
		return nil, false, fmt.Errorf("reading the settings: %w", err)
	}
	if f.last != nil && bytes.Equal(raw, f.last) {
		return nil, false, nil
	}
	f.last = raw
	if s, err = settings.Load(raw); err != nil {
		return nil, true, fmt.Errorf("%s: %w", f.path, err)
	}
	return s, true, nil
}

// Follow hands on what the file holds each time it changes, until ctx is done.
// Settings that cannot be used are logged and counted by used, and what was in
// force stays so.
func (f *File) Follow(ctx context.Context, use func(*settings.Settings) error, used func(error)) {
	if f.path == "" {
		return
	}
	f.follow(ctx, every, use, used)
}

func (f *File) follow(ctx context.Context, every time.Duration, use func(*settings.Settings) error, used func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s, changed, err := f.read()
		if err == nil && changed {
			err = use(s)
		}
		if err != nil {
			klog.ErrorS(err, "the settings changed and cannot be used: those before stay in force", "file", f.path)
		}
		if changed || err != nil {
			used(err)
		}
		if err == nil && changed {
			klog.InfoS("the settings changed: the cluster is read by them", "file", f.path)
		}
	}
}
