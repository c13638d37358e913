package balance

import (
	"cmp"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// defaultThreshold is the percentage at which a budget warns that names none.
const defaultThreshold = 80

// Spec returns the budget of a node as the Organization or Project has it, with
// what they leave out filled in.
func Spec(n tenancy.Node) metering.BudgetSpec {
	spec := metering.BudgetSpec{
		Level:        metering.Level(n.Level),
		Organization: n.Organization,
		Project:      n.Project,
		Group:        n.Group,
		User:         n.UserName,
		Default:      n.Default,
		Period:       string(v1alpha1.Monthly),
		TimeZone:     "UTC",
	}
	b := n.Budget
	if b == nil {
		return spec // counted by calendar month, not limited, so nothing is enforced
	}
	spec.Limit = string(b.Limit)
	spec.Period = cmp.Or(string(b.Period), spec.Period)
	spec.TimeZone = cmp.Or(b.TimeZone, spec.TimeZone)
	spec.Enforcement = cmp.Or(string(b.Enforcement), string(v1alpha1.Block))
	spec.AlertThresholds = b.AlertThresholds
	if len(spec.AlertThresholds) == 0 {
		spec.AlertThresholds = []int32{defaultThreshold}
	}
	return spec
}

// Labels returns the labels of a node's row.
func Labels(n tenancy.Node) map[string]string {
	l := map[string]string{
		metering.LabelOrganization: n.Organization,
		metering.LabelLevel:        string(n.Level),
	}
	for key, value := range map[string]string{
		metering.LabelProject: n.Project,
		metering.LabelGroup:   n.Group,
		metering.LabelUser:    n.UserLabel,
	} {
		if value != "" {
			l[key] = value
		}
	}
	return l
}

// Meta returns the metadata of a node's row. Owner is the object that the node
// comes from, an Organization or a Project.
func Meta(kind string, owner *metav1.ObjectMeta, n tenancy.Node) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:              n.Name,
		Namespace:         owner.Namespace,
		UID:               UID(owner.UID, kind, n.Name),
		CreationTimestamp: owner.CreationTimestamp,
		Labels:            Labels(n),
	}
}

// UID returns the UUIDv5 (RFC 9562) of a row: the same for the same row of the
// same object, in every replica and for ever; another when the object is
// recreated. An owner UID that is no UUID is hashed into one first.
func UID(owner types.UID, kind, name string) types.UID {
	space, err := uuid.Parse(string(owner))
	if err != nil {
		space = uuid.NewSHA1(uuid.Nil, []byte(owner))
	}
	return types.UID(uuid.NewSHA1(space, []byte(metering.GroupName+"/"+kind+"/"+name)).String())
}
