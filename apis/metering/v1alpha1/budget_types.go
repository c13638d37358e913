package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Labels of every row, for selectors such as -l project=chat,level=User. They
// are short because the objects are virtual: nobody else writes labels on them.
const (
	LabelOrganization = "organization"
	LabelProject      = "project"
	LabelGroup        = "group"
	LabelUser         = "user"
	LabelLevel        = "level"
)

// Level is one of the four levels at which money is counted.
type Level string

// The levels, from the widest down.
const (
	LevelOrganization Level = "Organization"
	LevelProject      Level = "Project"
	LevelGroup        Level = "Group"
	LevelUser         Level = "User"
)

// State is a budget in one word.
type State string

// The states of a budget.
const (
	// StateActive means that money is left and no threshold is passed.
	StateActive State = "Active"
	// StateWarning means that an alert threshold is passed.
	StateWarning State = "Warning"
	// StateExhausted means that nothing is left in this window.
	StateExhausted State = "Exhausted"
	// StateUnknown means that the amounts could not be read; the conditions say why.
	StateUnknown State = "Unknown"
)

// Types of the conditions of budgets and usage.
const (
	// ConditionAvailable is False when amounts are unknown.
	ConditionAvailable = "Available"
	// ConditionInForce is False when the ledger does not have the limit, period or calendar of the spec.
	ConditionInForce = "InForce"
	// ConditionAccepted is False when the project does not count for its organization.
	ConditionAccepted = "Accepted"
	// ConditionPriced is False when a model of the row has no price.
	ConditionPriced = "Priced"
	// ConditionCalendarAhead is False when few window boundaries are left in the ledger.
	ConditionCalendarAhead = "CalendarAhead"
)

// Budget is what a project, a group or a user may spend in the window that is
// open now, and what they have spent of it. It is computed when it is read.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type Budget struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object's metadata. The name joins project, group and user with dots.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the budget as the Project has it.
	Spec BudgetSpec `json:"spec"`

	// Status is the budget as the ledger has it now.
	Status BudgetStatus `json:"status"`
}

// BudgetSpec is the budget as the Organization or Project has it.
type BudgetSpec struct {
	// Level of the budget: Organization, Project, Group or User.
	Level Level `json:"level"`
	// Organization that pays.
	Organization string `json:"organization"`
	// Project of the budget; absent for an Organization's.
	// +optional
	Project string `json:"project,omitempty"`
	// Group of the budget; absent above its level.
	// +optional
	Group string `json:"group,omitempty"`
	// User of the budget, as the Project names them; absent above their level.
	// +optional
	User string `json:"user,omitempty"`
	// Default is true for a user who is not listed and lives on the group's userBudget.
	// +optional
	Default bool `json:"default,omitempty"`
	// Limit of one window in US dollars; "" when there is none.
	Limit string `json:"limit"`
	// Period of the budget: Daily, Weekly, Monthly or Total.
	Period string `json:"period"`
	// TimeZone in which the period's days begin.
	TimeZone string `json:"timeZone"`
	// AlertThresholds are the percentages at which the state becomes Warning.
	// +optional
	// +listType=atomic
	AlertThresholds []int32 `json:"alertThresholds,omitempty"`
	// Enforcement at the limit: Block, Alert or Throttle.
	Enforcement string `json:"enforcement"`
}

// BudgetStatus is the budget as the ledger has it now. While they are unknown,
// amounts are "" and times are null.
// ---
// Each row has these fields, without omitempty: kubectl get --sort-by says that
// there are no resources when no row has the field.
type BudgetStatus struct {
	// State in one word: Active, Warning, Exhausted or Unknown.
	State State `json:"state"`
	// Limit in force in US dollars; "" when there is none or it is unknown.
	Limit string `json:"limit"`
	// Enforcement in force; "" when it is unknown.
	Enforcement string `json:"enforcement"`
	// Spent in the open window, in US dollars; "" when unknown.
	Spent string `json:"spent"`
	// Held is promised to requests that are in flight, in US dollars; "" when unknown.
	Held string `json:"held"`
	// Remaining is limit less spent and held, in US dollars, and never below zero; "" when unknown or unlimited.
	Remaining string `json:"remaining"`
	// UsedPercent is spent and held as a percentage of the limit with one decimal; "" when unknown or unlimited.
	UsedPercent string `json:"usedPercent"`
	// WindowStart is when the open window began: 1970-01-01T00:00:00Z when it has always been open (period Total); null while unknown.
	// +optional
	WindowStart *metav1.Time `json:"windowStart"`
	// ResetsAt is when the open window ends; null while unknown, and when it never does.
	// +optional
	ResetsAt *metav1.Time `json:"resetsAt"`
	// LastUsed is when the ledger last counted for this budget, to the minute; null while unknown, and when it never has.
	// +optional
	LastUsed *metav1.Time `json:"lastUsed"`
	// Conditions say why something is unknown, or not as the spec has it.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// AsOf is when the ledger was read, or could not be.
	// +optional
	AsOf *metav1.Time `json:"asOf,omitempty"`
}

// BudgetList is a list of budgets.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type BudgetList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Budget `json:"items"`
}

// OrganizationBudget is what an organization may spend in the window that is
// open now, and what it has spent of it. It is computed when it is read.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type OrganizationBudget struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object's metadata. The name is the organization's.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the budget as the Organization has it.
	Spec BudgetSpec `json:"spec"`

	// Status is the budget as the ledger has it now.
	Status BudgetStatus `json:"status"`
}

// OrganizationBudgetList is a list of organizations' budgets.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type OrganizationBudgetList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []OrganizationBudget `json:"items"`
}
