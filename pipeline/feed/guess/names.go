package guess

import (
	"slices"
	"strings"
)

// synonyms are words by which exports call a column of carat's, folded; the first
// of a column's that a name is equal to, or else has in it, is the guess.
var synonyms = map[string][]string{
	"account":              {"account", "rekening", "konto", "compte", "cuenta", "account number", "auftragskonto"},
	"booked_at":            {"booked at", "booked", "booking date", "posting date", "posted date", "buchungstag", "buchungsdatum", "date", "datum", "datum transactie", "fecha", "data", "value date", "valuta", "posted", "transaction date", "created", "created at", "ts", "timestamp", "time stamp", "date time", "datetime", "time", "event time", "occurred at", "epoch", "epoch ms"},
	"amount":               {"amount", "betrag", "bedrag", "montant", "importe", "importo", "valor", "sum", "umsatz"},
	"currency":             {"currency", "währung", "waehrung", "munt", "devise", "moneda", "valuta", "cur", "ccy"},
	"reference":            {"reference", "ref", "details", "description", "mededelingen", "verwendungszweck", "libellé", "text", "memo", "narrative", "purpose", "label"},
	"counterparty":         {"counterparty", "who", "name", "naam", "payee", "empfänger", "empfaenger", "begünstigter", "beneficiary", "payer"},
	"line_id":              {"line id", "transaction id", "id", "no", "number", "entry"},
	"purchase_id":          {"purchase id", "order id", "order", "order number", "bestellnummer", "bestellung", "auftragsnummer", "belegnummer", "rechnungsnummer", "numéro de commande", "ordernummer", "número de pedido", "beleg", "id", "transaction id", "no"},
	"original_purchase_id": {"original purchase id", "refund of", "original order", "parent id", "storno zu"},
	"original_event_id":    {"original event id", "reverses", "reversal of"},
	"viewer_id":            {"viewer id", "viewer", "user id", "user", "buyer", "customer id", "customer", "kunde", "kundennummer", "client", "cliente", "klant", "uid", "member"},
	"creator_id":           {"creator id", "creator", "streamer id", "streamer", "host", "receiver id", "receiver", "anchor"},
	"kind":                 {"kind", "type", "vorgang", "art", "transaction type", "event"},
	"status":               {"status", "state", "stand"},
	"channel":              {"channel", "store", "shop", "platform"},
	"reseller_id":          {"reseller id", "reseller", "partner id", "partner"},
	"sku":                  {"sku", "product id", "product", "package", "artikel", "artikelnummer", "item"},
	"coins":                {"coins", "coin amount", "münzen", "muenzen", "monedas", "pièces", "munten", "quantity of coins"},
	"bonus_coins":          {"bonus coins", "bonus"},
	"gross_amount":         {"gross amount", "gross", "amount", "price", "paid", "betrag", "montant", "bedrag", "importe", "importo", "preis", "total", "brutto"},
	"net_amount":           {"net amount", "net", "netto"},
	"fee_amount":           {"fee amount", "fee", "gebühr", "gebuehr", "commission"},
	"tax_amount":           {"tax amount", "tax", "vat", "mwst"},
	"store_fee_amount":     {"store fee amount", "store fee", "fee"},
	"withholding_amount":   {"withholding amount", "withholding", "wht"},
	"country":              {"country", "land", "pays"},
	"purchased_at":         {"purchased at", "purchase time", "order date", "bestelldatum", "kaufdatum", "created at", "created", "time", "zeit", "date", "datum", "fecha", "data", "zeitpunkt", "timestamp", "ts", "timestamp", "time stamp", "date time", "datetime", "time", "event time", "occurred at", "epoch", "epoch ms"},
	"sent_at":              {"sent at", "sent", "created at", "created", "time", "timestamp", "date", "ts", "timestamp", "time stamp", "date time", "datetime", "time", "event time", "occurred at", "epoch", "epoch ms"},
	"event_id":             {"event id", "gift event", "event", "id", "message id"},
	"stream_id":            {"stream id", "room id", "stream", "room", "live id"},
	"gift_id":              {"gift id", "gift"},
	"quantity":             {"quantity", "count", "number", "qty", "repeat count"},
	"diamonds":             {"diamonds", "beans", "points", "earned"},
	"payout_id":            {"payout id", "payout no", "payout number", "withdrawal id", "id"},
	"method":               {"method", "payout method"},
	"provider_reference":   {"provider reference", "provider ref", "reference", "transaction id"},
	"fx_rate":              {"fx rate", "exchange rate", "rate"},
	"statement_id":         {"statement id", "statement"},
	"requested_at":         {"requested at", "requested", "created at", "created"},
	"paid_at":              {"paid at", "paid", "completed at", "completed"},
	"updated_at":           {"updated at", "updated", "modified at", "changed"},
	"transaction_at":       {"transaction at", "transaction date", "created", "creation date", "date", "time", "ts", "timestamp", "time stamp", "date time", "datetime", "time", "event time", "occurred at", "epoch", "epoch ms"},
	"settled_at":           {"settled at", "settlement date", "available on"},
	"report_id":            {"report id", "batch", "batch number", "statement"},
	"store_transaction_id": {"store transaction id", "store ref", "shop ref", "order number", "psp reference", "charge", "transaction id"},
	"bank_reference":       {"bank reference", "payout reference", "transfer"},
	"name":                 {"name", "gift name", "title"},
	"rate_date":            {"rate date", "date"},
	"base":                 {"base", "from"},
	"quote":                {"quote", "to"},
	"rate":                 {"rate", "exchange rate"},
	"valid_from":           {"valid from", "from", "start", "since"},
	"valid_to":             {"valid to", "until", "end"},
	"display_name":         {"display name", "name", "nickname"},
	"provider":             {"provider"},
	"adjusted_at":          {"adjusted at", "date", "created at", "ts", "timestamp", "time stamp", "date time", "datetime", "time", "event time", "occurred at", "epoch", "epoch ms"},
	"approved_by":          {"approved by", "approver"},
	"reason":               {"reason"},
}

// creditNames and debitNames are what the columns of a pair are called.
var (
	creditNames = []string{"credit", "money in", "paid in", "in", "haben", "crédit", "credito", "abono", "deposit", "deposits", "gutschrift", "gutschriften", "zahlungseingang", "eingang", "money received", "received", "entrate", "ingreso", "ingresos", "bijschrijving", "お預り金額", "お預入れ額"}
	debitNames  = []string{"debit", "money out", "paid out", "out", "soll", "débit", "debito", "cargo", "withdrawal", "withdrawals", "belastung", "belastungen", "lastschrift", "zahlungsausgang", "ausgang", "money spent", "spent", "uscite", "gasto", "gastos", "afschrijving", "お支払金額", "お引出し額"}
	signNames   = []string{"af bij", "sign", "soll/haben", "s/h", "debit/credit", "credit/debit", "dr/cr", "cr/dr", "d/c", "c/d", "direction", "in/out"}
	negatives   = []string{"af", "debit", "d", "dr", "dbit", "out", "s", "soll", "minus", "-", "withdrawal"}
	positives   = []string{"bij", "credit", "c", "cr", "crdt", "in", "h", "haben", "plus", "+", "deposit"}
)

// plainName makes a name of a header one of words with single blanks.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', '.', '(', ')', '#', ':', '*':
			return ' '
		}
		return r
	}, splitCamel(name))
	return strings.Join(strings.Fields(strings.ToLower(name)), " ")
}

// splitCamel parts createdAt into created At.
func splitCamel(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if lower && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		lower = r >= 'a' && r <= 'z'
		b.WriteRune(r)
	}
	return b.String()
}

// likeness is how much a name of the file sounds like a column: 0 not at all.
func likeness(name, column string) int {
	plain, bare := plainName(name), bareName(name)
	words := strings.Fields(plain)
	for i, s := range append([]string{strings.ReplaceAll(column, "_", " ")}, synonyms[column]...) {
		if plain == s || bare == s {
			return 100 - i
		}
	}
	for i, s := range synonyms[column] {
		if len(words) > 1 && slices.Contains(words, s) {
			return 40 - i
		}
	}
	return 0
}
