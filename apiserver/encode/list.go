package encode

import (
	"bufio"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
)

// encodeBudgets writes lists of budgets. It returns false, and writes nothing,
// for any other object.
func encodeBudgets(obj runtime.Object, w *bufio.Writer) (bool, error) {
	var a appender
	switch l := obj.(type) {
	case *metering.BudgetList:
		return true, encodeList(w, &l.TypeMeta, &l.ListMeta, l.Items == nil, len(l.Items), func(b []byte, i int) ([]byte, error) {
			o := &l.Items[i]
			return a.appendBudget(b, &o.TypeMeta, &o.ObjectMeta, &o.Spec, &o.Status)
		})
	case *metering.OrganizationBudgetList:
		return true, encodeList(w, &l.TypeMeta, &l.ListMeta, l.Items == nil, len(l.Items), func(b []byte, i int) ([]byte, error) {
			o := &l.Items[i]
			return a.appendBudget(b, &o.TypeMeta, &o.ObjectMeta, &o.Spec, &o.Status)
		})
	}
	return false, nil
}

func encodeList(w *bufio.Writer, t *metav1.TypeMeta, m *metav1.ListMeta, none bool, n int, item func(b []byte, i int) ([]byte, error)) error {
	// The head without its closing brace, and with no items, is the start.
	head, err := json.Marshal(struct {
		*metav1.TypeMeta `json:",inline"`
		*metav1.ListMeta `json:"metadata"`
	}{t, m})
	if err != nil {
		return fmt.Errorf("encoding the head of a list: %w", err)
	}
	head = append(head[:len(head)-1], `,"items":`...)
	if none {
		head = append(head, "null}\n"...)
		_, err := w.Write(head)
		return err
	}
	if _, err := w.Write(append(head, '[')); err != nil {
		return err
	}
	for i := range n {
		b := w.AvailableBuffer()
		if i > 0 {
			b = append(b, ',')
		}
		b, err := item(b, i)
		if err != nil {
			return fmt.Errorf("encoding item %d of a list: %w", i, err)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	_, err = w.WriteString("]}\n")
	return err
}
