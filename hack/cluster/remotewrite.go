package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/klauspost/compress/snappy"
	"google.golang.org/protobuf/encoding/protowire"
)

// Series is one time series to push, oldest sample first.
type Series struct {
	// Labels name the series, "__name__" included.
	Labels  map[string]string
	Samples []Sample
}

// Sample is one value of a series.
type Sample struct {
	Time  time.Time
	Value float64
}

// Push writes series into a tenant by remote_write and returns when they can be queried. It is for tests that need exact samples,
// past ones too; live ones come from an agent. As the specification has it, what failed with a 5xx, such as that of a Mimir whose parts
// stood still, is sent again: samples that are there already stay as they are.
func (m *Mimir) Push(ctx context.Context, tenant string, series ...Series) error {
	body := snappy.Encode(nil, writeRequest(series))
	var failed *pushError
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		err := m.push(ctx, tenant, body)
		if !errors.As(err, &failed) || failed.code/100 != 5 || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
}

// pushError is Mimir's answer to a push that failed.
type pushError struct {
	tenant, status, answer string
	code                   int
}

func (e *pushError) Error() string {
	return fmt.Sprintf("pushing to Mimir as %s: %s: %s", e.tenant, e.status, e.answer)
}

func (m *Mimir) push(ctx context.Context, tenant string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.PushURL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("pushing to Mimir: %w", err)
	}
	for name, value := range map[string]string{
		"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
		"X-Prometheus-Remote-Write-Version": "0.1.0", "X-Scope-OrgID": tenant,
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("pushing to Mimir: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("pushing to Mimir: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return &pushError{tenant: tenant, status: resp.Status, code: resp.StatusCode, answer: string(bytes.TrimSpace(answer))}
	}
	return nil
}

// writeRequest encodes prometheus.WriteRequest of the remote write 1.0 specification
// (https://prometheus.io/docs/specs/prw/remote_write_spec/): timeseries = 1 {labels = 1 {name = 1, value = 2},
// samples = 2 {value = 1 double, timestamp = 2 int64, milliseconds}}, labels sorted by name.
func writeRequest(series []Series) []byte {
	var request []byte
	for _, s := range series {
		var ts []byte
		for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
			label := appendString(nil, 1, name)
			label = appendString(label, 2, s.Labels[name])
			ts = appendMessage(ts, 1, label)
		}
		for _, v := range s.Samples {
			sample := protowire.AppendTag(nil, 1, protowire.Fixed64Type)
			sample = protowire.AppendFixed64(sample, math.Float64bits(v.Value))
			sample = protowire.AppendTag(sample, 2, protowire.VarintType)
			sample = protowire.AppendVarint(sample, uint64(v.Time.UnixMilli()))
			ts = appendMessage(ts, 2, sample)
		}
		request = appendMessage(request, 1, ts)
	}
	return request
}

func appendString(b []byte, field protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), value)
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}
