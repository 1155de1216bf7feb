package pages

import (
	"reflect"
	"testing"
	"unsafe"

	"carat/pipeline"

	"pgregory.net/rapid"
)

// The canonical form of a row must give it back whole.
func TestRowsComeBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom([]string{"", "x", "a longer text with ü"})
		number := rapid.Int64()
		pointer := func(label string) *int64 {
			if rapid.Bool().Draw(rt, label+" is there") {
				v := number.Draw(rt, label)
				return &v
			}
			return nil
		}
		lineage := pipeline.Lineage{SourceLine: number.Draw(rt, "line"), AccountingMonth: text.Draw(rt, "month")}
		comesBack(rt, pipeline.SettlementLine{LineID: text.Draw(rt, "id"), SKU: text.Draw(rt, "sku"), Quantity: pointer("quantity"),
			GrossAmount: number.Draw(rt, "gross"), TaxAmount: pointer("tax"), FeeAmount: pointer("fee"), SettledAt: pointer("settled"),
			CoversTo: pointer("covers"), BankReference: text.Draw(rt, "reference"), Entity: text.Draw(rt, "entity"), EventAt: number.Draw(rt, "at"), Lineage: lineage})
		comesBack(rt, pipeline.FXRate{RateDate: rapid.Int32().Draw(rt, "date"), Base: text.Draw(rt, "base"), Rate: number.Draw(rt, "rate"), Lineage: lineage})
	})
}

func comesBack[T any](t *rapid.T, row T) {
	cols, err := columnsOf(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	enc := NewRowEncoder(cols)
	var got T
	enc.decode(unsafe.Pointer(&got), enc.Append(nil, unsafe.Pointer(&row)), make([]int64, 0, enc.pointers()))
	if !reflect.DeepEqual(got, row) {
		t.Fatalf("got %+v, want %+v", got, row)
	}
}
