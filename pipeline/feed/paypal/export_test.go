package paypal

// What the external tests look at.
var (
	Statuses  = payPalStatuses
	IsPayouts = isPayPalPayouts
	Kind      = payPalKind
)
