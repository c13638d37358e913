package tenancy

import (
	"fmt"
	"strings"
)

// Consumer is who calls, as the gateway's key-auth names them in the header
// X-Mse-Consumer: four labels joined with dots, acme.chat.engineers.alice.
type Consumer struct {
	Organization string
	Project      string
	Group        string
	// UserLabel is the user's label; see UserLabel and UserName.
	UserLabel string
}

// ConsumerName joins the four labels of a consumer. It is also the path of the
// user's budget node in the ledger. It does not check them; see ValidLabel.
func ConsumerName(organization, project, group, userLabel string) string {
	return organization + "." + project + "." + group + "." + userLabel
}

// String returns the consumer's name.
func (c Consumer) String() string {
	return ConsumerName(c.Organization, c.Project, c.Group, c.UserLabel)
}

// ParseConsumer reads a consumer name. It refuses text that is not exactly four
// valid labels.
func ParseConsumer(name string) (Consumer, error) {
	parts := strings.SplitN(name, ".", 5)
	if len(parts) != 4 {
		return Consumer{}, fmt.Errorf("consumer name %q: must be <organization>.<project>.<group>.<user>", name)
	}
	for _, p := range parts {
		if !ValidLabel(p) {
			return Consumer{}, fmt.Errorf("consumer name %q: %q is not a DNS label that a consumer name may hold", name, p)
		}
	}
	return Consumer{Organization: parts[0], Project: parts[1], Group: parts[2], UserLabel: parts[3]}, nil
}
