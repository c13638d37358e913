package review

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
)

// options are the command's flags.
type options struct {
	user, operation, namespace string
	groups, old                []string
	inventory, policies, crds  []string
	cluster                    bool
	kubeconfig, context        string
	webhooks                   []string
	settings, suite, output    string
	explain, failures          bool
}

func (o *options) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.user, "as", "", "User who applies the objects, such as alice@acme.example or system:serviceaccount:argocd:argocd-application-controller. Nobody when left out.")
	fs.StringArrayVar(&o.groups, "as-group", nil, "Group of the user. May be repeated.")
	fs.StringVar(&o.operation, "operation", "", "CREATE, UPDATE or DELETE. Objects that exist are updated and others created when left out.")
	fs.StringArrayVar(&o.old, "old", nil, "File or folder with the objects that are updated, before those of the inventory. May be repeated.")
	fs.StringVarP(&o.namespace, "namespace", "n", "default", "Namespace of objects that name none.")
	fs.StringArrayVar(&o.inventory, "inventory", nil, "File or folder with objects that exist: organizations, projects, namespaces, routes. May be repeated.")
	fs.BoolVar(&o.cluster, "cluster", false, "Read what exists, the policies in force, the definitions and the webhook's configurations from a cluster. It only lists.")
	fs.StringVar(&o.kubeconfig, "kubeconfig", "", "Path of a kubeconfig, for --cluster. KUBECONFIG, ~/.kube/config and the pod's service account are used when this is left out.")
	fs.StringVar(&o.context, "context", "", "Context of the kubeconfig, for --cluster.")
	fs.StringVar(&o.settings, "settings", "", "Settings file of the webhook, or its ConfigMap. The defaults are used when left out.")
	fs.StringArrayVar(&o.policies, "policies", nil, "File or folder with AdmissionPolicies that are in force. May be repeated.")
	fs.StringArrayVar(&o.webhooks, "webhooks", nil, "File or folder with the webhook's configurations as the cluster has them, in the place of those of --cluster and those that Tollgate comes with. May be repeated.")
	fs.StringArrayVar(&o.crds, "crds", nil, "File or folder with CustomResourceDefinitions, beside those of Tollgate, Higress and the Gateway API. May be repeated.")
	fs.StringVar(&o.suite, "suite", "", "Folder with cases and what must become of each (suite.yaml).")
	fs.StringVarP(&o.output, "output", "o", "table", "Format: "+strings.Join(report.Names(), ", ")+".")
	fs.BoolVar(&o.explain, "explain", false, "Show which rule of a policy fired, and on what.")
	fs.BoolVar(&o.failures, "failures", false, "Leave what passes out of the table.")
}

// asked is who asks, with the groups that every such user has: those that
// kube-apiserver gives when somebody is impersonated.
func (o *options) asked() judge.User {
	if o.user == "" {
		return judge.User{}
	}
	groups := slices.Clone(o.groups)
	if namespace, _, err := serviceaccount.SplitUsername(o.user); err == nil && len(groups) == 0 {
		groups = serviceaccount.MakeGroupNames(namespace)
	}
	everybody := user.AllAuthenticated
	if o.user == user.Anonymous {
		everybody = user.AllUnauthenticated
	}
	if !slices.Contains(groups, everybody) {
		groups = append(groups, everybody)
	}
	return judge.User{Name: o.user, Groups: groups}
}
