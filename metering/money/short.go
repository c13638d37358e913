package money

// cent is a hundredth of a dollar.
const cent = uint64(Dollar) / 100

// Short returns the amount in cents for a table, rounded up, so that money
// that was spent or is held is never shown as less than it is: "312.45" for
// 312.440000001. A non-zero amount below a cent keeps two significant digits
// and so never shows as "0.00": "0.0013".
//
// Spent, held and cost are shown with Short, what remains with ShortDown. For
// a limit of whole cents the two then add up to the limit.
func (a Amount) Short() string { return short(a, true) }

// ShortDown is Short rounded down, for what remains: never more than there is.
func (a Amount) ShortDown() string { return short(a, false) }

func short(a Amount, up bool) string {
	sign, u := "", uint64(a)
	if a < 0 {
		// Up, of a negative amount, is towards zero.
		sign, u, up = "-", -u, !up
	}
	unit := cent
	for unit > 1 && u < unit {
		unit /= 10
	}
	if unit < cent && unit > 1 {
		unit /= 10 // a second significant digit
	}
	rest := u % unit
	u -= rest
	if up && rest > 0 {
		u += unit
	}
	if u == 0 {
		sign = ""
	}
	return decimal(sign, u)
}
