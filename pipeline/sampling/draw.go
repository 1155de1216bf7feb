package sampling

import (
	"bytes"
	"container/heap"
	"crypto/sha256"
	"fmt"
	"hash"
	"math/big"
	"slices"
	"strings"
)

// The methods of drawing.
const (
	// MUS is monetary unit sampling: each unit of money has the same chance, so that an
	// item's chance grows with its amount, and whatever reaches the interval is drawn.
	MUS = "mus"
	// Random gives each item the same chance.
	Random = "random"
	// Stratified parts the items by amount into strata of about equal totals and draws as
	// many from each.
	Stratified = "stratified"
)

// Methods gives the names of the methods.
func Methods() []string { return []string{MUS, Random, Stratified} }

// Item is one item of a population: what names it, and its recorded amount in
// billionths of its unit.
type Item struct {
	ID     string
	Amount *big.Int
}

// Drawn is an item of a sample.
type Drawn struct {
	Item
	// Stratum counts from 1; 0 where there are none.
	Stratum int
	// Whole says that everything like it is examined, so that its misstatement is not
	// projected: an item that reaches the interval, or one of a stratum drawn entirely.
	Whole bool
}

// Stratum is a part of the population from which items are drawn by chance.
type Stratum struct {
	Items, Drawn int64
	Amount       *big.Int // of the items' amounts, without their signs
	Largest      *big.Int // of them, without its sign
}

// Sample is what was drawn, and how.
type Sample struct {
	Method string
	Seed   string
	Drawn  []Drawn // in the order of their strata and names
	// Interval is monetary unit sampling's, in billionths; Start is the first unit drawn.
	Interval, Start *big.Int
	// Strata are those of a stratified sample, the smallest amounts first; a random one
	// has a single one.
	Strata []Stratum
}

// Population is what is drawn from, counted over its items in the order of their
// names: their number, the sum of their amounts in billionths, and the SHA-256 of the
// lines "name<TAB>amount<LF>", amounts in billionths.
type Population struct {
	Items  int64
	Amount *big.Int
	// Positive, Negative and Nothing part the items by the sign of their amounts.
	Positive, Negative, Nothing int64
	PositiveAmount              *big.Int
	NegativeAmount              *big.Int // its sum, below zero
	digest                      hash.Hash
	last                        string
}

// NewPopulation begins the count of a population.
func NewPopulation() *Population {
	return &Population{Amount: new(big.Int), PositiveAmount: new(big.Int), NegativeAmount: new(big.Int), digest: sha256.New()}
}

// Add counts an item. Items come in the order of the bytes of their names; one that
// doesn't follow the one before is an error, since two items of one name can't be told
// apart.
func (p *Population) Add(i Item) error {
	if p.Items > 0 && i.ID <= p.last {
		return fmt.Errorf("item %q after %q: items must follow in the order of their names, each once", i.ID, p.last)
	}
	p.last = i.ID
	p.Items++
	p.Amount.Add(p.Amount, i.Amount)
	switch i.Amount.Sign() {
	case 1:
		p.Positive++
		p.PositiveAmount.Add(p.PositiveAmount, i.Amount)
	case -1:
		p.Negative++
		p.NegativeAmount.Add(p.NegativeAmount, i.Amount)
	default:
		p.Nothing++
	}
	fmt.Fprintf(p.digest, "%s\t%s\n", i.ID, i.Amount)
	return nil
}

// Hash gives the SHA-256 of what was counted so far, in hexadecimal.
func (p *Population) Hash() string { return fmt.Sprintf("%x", p.digest.Sum(nil)) }

// ticket is what decides about an item: SHA-256 of the seed, a line feed and its name.
// The items with the lowest tickets are drawn.
func ticket(seed, id string) [sha256.Size]byte { return sha256.Sum256([]byte(seed + "\n" + id)) }

// Drawer takes a population item by item and draws from it.
type Drawer interface {
	Take(Item)
	Sample() Sample
}

// byInterval draws by monetary unit.
type byInterval struct {
	s          Sample
	upto, next *big.Int
}

// ByInterval draws about size items by monetary unit from a population whose positive
// amounts add up to total, in billionths. The interval is total div size; the first
// unit drawn is 1 + SHA-256(seed) mod the interval, the next one an interval further.
// Items come in the order of their names; those whose amount isn't above zero have no
// chance. A size that isn't above zero, or above the total, is an error.
func ByInterval(total *big.Int, size int, seed string) (Drawer, error) {
	if size <= 0 || total.Cmp(big.NewInt(int64(size))) < 0 {
		return nil, fmt.Errorf("%d items can't be drawn from %s", size, Text(total))
	}
	d := &byInterval{s: Sample{Method: MUS, Seed: seed}, upto: new(big.Int)}
	d.s.Interval = new(big.Int).Quo(total, big.NewInt(int64(size)))
	sum := sha256.Sum256([]byte(seed))
	d.s.Start = new(big.Int).Mod(new(big.Int).SetBytes(sum[:]), d.s.Interval)
	d.s.Start.Add(d.s.Start, big.NewInt(1))
	d.next = new(big.Int).Set(d.s.Start)
	return d, nil
}

func (d *byInterval) Take(i Item) {
	if i.Amount.Sign() <= 0 {
		return
	}
	d.upto.Add(d.upto, i.Amount)
	if d.next.Cmp(d.upto) > 0 {
		return
	}
	d.s.Drawn = append(d.s.Drawn, Drawn{Item: i, Whole: i.Amount.Cmp(d.s.Interval) >= 0})
	// The next unit drawn is the first one behind the item.
	behind := new(big.Int).Sub(d.upto, d.next)
	behind.Quo(behind, d.s.Interval).Add(behind, big.NewInt(1))
	d.next.Add(d.next, behind.Mul(behind, d.s.Interval))
}

func (d *byInterval) Sample() Sample { return d.s }

// byTicket draws the lowest tickets of each stratum.
type byTicket struct {
	s      Sample
	bounds []*big.Int // up to which running total of amounts without sign a stratum goes
	upto   *big.Int
	tops   []lowest
}

// ByTicket draws size items, each with the same chance: those with the lowest
// SHA-256 of seed, line feed and name. A size that isn't above zero is an error; a
// population of fewer items is drawn whole.
func ByTicket(size int, seed string) (Drawer, error) {
	if size <= 0 {
		return nil, fmt.Errorf("%d items can't be drawn", size)
	}
	return &byTicket{s: Sample{Method: Random, Seed: seed, Strata: []Stratum{{Amount: new(big.Int), Largest: new(big.Int)}}}, upto: new(big.Int), tops: []lowest{{size: size}}}, nil
}

// ByStratum parts a population into strata, whose amounts without sign add up to total,
// so that each bears about the same part of it, and draws size div strata items from
// each by ticket, the rest from those of the largest amounts; a stratum of fewer items is
// drawn whole. Items come in the order of their amounts without sign. No strata, or fewer items than strata, is an error.
func ByStratum(total *big.Int, size, strata int, seed string) (Drawer, error) {
	if strata < 1 || size < strata {
		return nil, fmt.Errorf("%d items can't be drawn from %d strata", size, strata)
	}
	d := &byTicket{s: Sample{Method: Stratified, Seed: seed}, upto: new(big.Int)}
	for i := range strata {
		bound := new(big.Int).Mul(total, big.NewInt(int64(i+1)))
		d.bounds = append(d.bounds, bound.Quo(bound, big.NewInt(int64(strata))))
		d.s.Strata = append(d.s.Strata, Stratum{Amount: new(big.Int), Largest: new(big.Int)})
		own := size / strata
		if i >= strata-size%strata {
			own++
		}
		d.tops = append(d.tops, lowest{size: own})
	}
	return d, nil
}

func (d *byTicket) Take(i Item) {
	magnitude := new(big.Int).Abs(i.Amount)
	d.upto.Add(d.upto, magnitude)
	at := 0
	for at < len(d.bounds)-1 && d.upto.Cmp(d.bounds[at]) > 0 {
		at++
	}
	of := &d.s.Strata[at]
	of.Items++
	of.Amount.Add(of.Amount, magnitude)
	if magnitude.Cmp(of.Largest) > 0 {
		of.Largest = magnitude
	}
	d.tops[at].take(holder{ticket: ticket(d.s.Seed, i.ID), item: i})
}

func (d *byTicket) Sample() Sample {
	s := d.s
	s.Strata, s.Drawn = slices.Clone(s.Strata), nil
	for at := range s.Strata {
		of := &s.Strata[at]
		of.Drawn = int64(len(d.tops[at].held))
		for _, h := range d.tops[at].held {
			drawn := Drawn{Item: h.item, Whole: of.Drawn == of.Items}
			if s.Method == Stratified {
				drawn.Stratum = at + 1
			}
			s.Drawn = append(s.Drawn, drawn)
		}
	}
	slices.SortFunc(s.Drawn, func(a, b Drawn) int {
		if a.Stratum != b.Stratum {
			return a.Stratum - b.Stratum
		}
		return strings.Compare(a.ID, b.ID)
	})
	return s
}

// holder is an item with its ticket.
type holder struct {
	ticket [sha256.Size]byte
	item   Item
}

// lowest keeps the holders of the size lowest tickets; the highest of them is on top.
type lowest struct {
	size int
	held []holder
}

func (l *lowest) take(h holder) {
	if len(l.held) < l.size {
		heap.Push(l, h)
		return
	}
	if l.below(h, l.held[0]) {
		l.held[0] = h
		heap.Fix(l, 0)
	}
}

// below orders holders by ticket; equal ones, by name.
func (l *lowest) below(a, b holder) bool {
	if c := bytes.Compare(a.ticket[:], b.ticket[:]); c != 0 {
		return c < 0
	}
	return a.item.ID < b.item.ID
}

// Len, Less, Swap, Push and Pop are those of container/heap.
func (l *lowest) Len() int           { return len(l.held) }
func (l *lowest) Less(i, j int) bool { return l.below(l.held[j], l.held[i]) }
func (l *lowest) Swap(i, j int)      { l.held[i], l.held[j] = l.held[j], l.held[i] }
func (l *lowest) Push(x any)         { l.held = append(l.held, x.(holder)) }
func (l *lowest) Pop() any {
	last := l.held[len(l.held)-1]
	l.held = l.held[:len(l.held)-1]
	return last
}
