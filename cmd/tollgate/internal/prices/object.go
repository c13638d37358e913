package prices

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// kind of the objects that the command works on.
const kind = "PriceTable"

// maxObject bounds a PriceTable file; a cluster stores less.
const maxObject = 8 << 20

// source is where the present table comes from: a file, or the cluster.
type source struct {
	file    string
	cluster clusterFlags
}

func (s *source) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&s.file, "current", "", "File with the present PriceTable, - for stdin. The cluster's is read when this is left out.")
	s.cluster.addFlags(fs)
}

// load returns the present table, nil when there is none.
func (s *source) load(ctx context.Context, stdin io.Reader) (*v1alpha1.PriceTable, error) {
	if s.file != "" {
		return readTable(s.file, stdin)
	}
	st, err := s.cluster.open()
	if err != nil {
		return nil, clusterError(fmt.Errorf("%w; give the present table with --current FILE to work without a cluster", err))
	}
	table, err := st.get(ctx)
	return table, clusterError(err)
}

// open opens a file, or stdin for "-".
func open(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, inputError(err)
	}
	return f, nil
}

// readTable reads a PriceTable of a YAML or JSON file; an empty file is none.
func readTable(name string, stdin io.Reader) (*v1alpha1.PriceTable, error) {
	f, err := open(name, stdin)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxObject+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, inputError(fmt.Errorf("reading %s: %w", name, err))
	}
	if len(data) > maxObject {
		return nil, inputError(fmt.Errorf("reading %s: it is larger than %d MiB, and no PriceTable is", name, maxObject>>20))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	var table v1alpha1.PriceTable
	if err := yaml.UnmarshalStrict(data, &table); err != nil {
		return nil, inputError(fmt.Errorf("reading %s as a %s: %w", name, kind, err))
	}
	if table.Kind != kind || table.APIVersion != v1alpha1.GroupVersion().String() {
		return nil, inputError(fmt.Errorf("%s holds kind %q of %q: a %s of %s is needed (one object, no list)",
			name, table.Kind, table.APIVersion, kind, v1alpha1.GroupVersion()))
	}
	return &table, nil
}

// manifest is a table as it is applied: names and spec, nothing that a server
// has added.
func manifest(table *v1alpha1.PriceTable, name string) map[string]any {
	metadata := map[string]any{"name": name}
	if len(table.Labels) > 0 {
		metadata["labels"] = table.Labels
	}
	annotations := map[string]string{}
	for k, v := range table.Annotations {
		if k != "kubectl.kubernetes.io/last-applied-configuration" {
			annotations[k] = v
		}
	}
	if len(annotations) > 0 {
		metadata["annotations"] = annotations
	}
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion().String(), "kind": kind, "metadata": metadata, "spec": table.Spec,
	}
}

func writeYAML(w io.Writer, table *v1alpha1.PriceTable, name string) error {
	out, err := yaml.Marshal(manifest(table, name))
	if err != nil {
		return fmt.Errorf("writing the %s: %w", kind, err)
	}
	_, err = w.Write(out)
	return err
}
