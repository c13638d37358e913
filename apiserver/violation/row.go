package violation

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
)

// row is one violation, whichever the resource.
type row struct {
	meta metav1.ObjectMeta
	spec policy.PolicyViolationSpec
}

func (r *row) key() page.Key { return page.Key{Namespace: r.meta.Namespace, Name: r.meta.Name} }

// newRow returns the row of a finding. Its name is <policy>.<kind>.<digest of
// what is wrong with which object>, so it stays the same while the violation
// does.
func newRow(f Finding) row {
	kind := strings.ToLower(f.Object.Kind)
	identity := strings.Join([]string{f.Object.APIVersion, f.Object.Kind, f.Object.Namespace, f.Object.Name, f.Field, f.Message}, "\x00")
	sum := sha256.Sum256([]byte(identity))
	digest := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:10])
	r := row{
		meta: metav1.ObjectMeta{
			Name:      f.Policy + "." + kind + "." + digest,
			Namespace: f.Object.Namespace,
			Labels: map[string]string{
				policy.LabelPolicy:   f.Policy,
				policy.LabelKind:     f.Object.Kind,
				policy.LabelSeverity: f.Severity,
			},
		},
		spec: policy.PolicyViolationSpec{
			Policy:   f.Policy,
			Title:    f.Title,
			Severity: f.Severity,
			Action:   f.Action,
			Object: policy.ObjectReference{
				APIVersion: f.Object.APIVersion, Kind: f.Object.Kind,
				Namespace: f.Object.Namespace, Name: f.Object.Name, UID: f.Object.UID,
			},
			Organization: f.Organization,
			Field:        f.Field,
			Message:      f.Message,
			Remedy:       f.Remedy,
		},
	}
	if f.Organization != "" {
		r.meta.Labels[policy.LabelOrganization] = f.Organization
	}
	r.meta.UID = uid(f.Object.UID, r.meta.Name)
	return r
}

// uid returns the UUIDv5 (RFC 9562) of a row of an object. An object's UID that
// is no UUID is hashed into one first.
func uid(object types.UID, name string) types.UID {
	space, err := uuid.Parse(string(object))
	if err != nil {
		space = uuid.NewSHA1(uuid.Nil, []byte(object))
	}
	return types.UID(uuid.NewSHA1(space, []byte(policy.GroupName+"/"+name)).String())
}

// newRows returns the rows of findings in the order of their keys, each once.
func newRows(findings []Finding) []row {
	rows := make([]row, 0, len(findings))
	for _, f := range findings {
		rows = append(rows, newRow(f))
	}
	slices.SortFunc(rows, func(a, b row) int { return a.key().Compare(b.key()) })
	return slices.CompactFunc(rows, func(a, b row) bool { return a.key() == b.key() })
}
