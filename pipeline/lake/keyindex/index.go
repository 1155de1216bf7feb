package keyindex

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// form is of the files; an index of another one is filled again.
const form = 1

// noteFile says which files an index consists of, and up to where it is filled.
const noteFile = "index.json"

const runEnding = ".keys"

// mergeRatio: a new run is merged with those before it as long as they hold at most so
// many times its entries. So an entry is written again a few times in all, and there are
// about log4 of the table's rows runs, each of which is asked.
const mergeRatio = 4

// Index is the index of one table. Hash can be called from anywhere; all else under the
// lake's lock.
type Index struct {
	dir     string
	note    note
	pending run // that was put
}

// note is the content of noteFile.
type note struct {
	Form int    `json:"form"`
	Seed uint64 `json:"seed,string"`
	State
	Runs []run `json:"runs"`
}

// State is up to where an index is filled.
type State struct {
	BatchNo int64  `json:"batch_no"` // all rows up to it are here; 0: none
	Chain   string `json:"chain"`    // the value of its link: which history that is of
}

// Fill gives take the key, as Row.AppendKey has it, of each row of a table that came
// after a batch, whether it was taken out since or not, and the number of its batch; 0 for
// a row that has none.
type Fill func(after int64, take func(key []byte, batchNo int64) error) error

type run struct {
	Name    string `json:"name"`
	Entries int64  `json:"entries"`
}

// Open opens the index in a folder. One that isn't there or can't be read is empty.
func Open(dir string) *Index {
	x := &Index{dir: dir}
	if n, err := readNote(filepath.Join(dir, noteFile)); err == nil {
		x.note = n
		return x
	}
	x.note = note{Form: form, Seed: random()}
	return x
}

// Hash gives the hash of a key. The seed of each index is drawn at random, so that
// nobody can aim at it.
func (x *Index) Hash(key []byte) uint64 {
	var d xxhash.Digest
	d.ResetWithSeed(x.note.Seed)
	_, _ = d.Write(key)
	return d.Sum64()
}

// Hasher gives Hash; nil of no index.
func (x *Index) Hasher() func(key []byte) uint64 {
	if x == nil {
		return nil
	}
	return x.Hash
}

// Filled gives up to where the index is filled.
func (x *Index) Filled() State { return x.note.State }

// Ask gives the batches that may hold keys of a batch that is to come, whose hashes it takes
// in ascending order: all that do, and maybe ones that have another key of the same hash.
// Where the index isn't filled up to the last batch, fill is asked for what is lacking, for
// all after damage. known is false where the index can't be used, as on a full disk: then
// any batch may hold them. The error is fill's.
func (x *Index) Ask(last State, fill Fill, batchNo int64, hashes iter.Seq2[uint64, error]) (batches []int64, known bool, err error) {
	for range 2 { // the second time it is filled anew
		err := error(nil)
		if x.note.State != last {
			var failed error // to read the history, which is no matter of the index
			err = x.Fill(last, func(after int64, take func([]byte, int64) error) error {
				failed = fill(after, take)
				return failed
			})
			if failed != nil {
				return nil, false, failed
			}
		}
		if err == nil {
			err = x.Put(batchNo, hashes)
		}
		if err == nil {
			batches, err = x.Here()
		}
		if err == nil {
			return batches, true, nil
		}
		if x.Clear() != nil {
			break
		}
	}
	return nil, false, nil
}

// Clear empties the index.
func (x *Index) Clear() error {
	x.note, x.pending = note{Form: form, Seed: x.note.Seed}, run{} // hashes were made with it
	if err := os.RemoveAll(x.dir); err != nil {
		return fmt.Errorf("clear the index of keys: %w", err)
	}
	return nil
}

// Put takes the hashes of a batch that is not in the history yet, in ascending order.
// They are in the index once Keep is called; until then the next Put takes their place.
func (x *Index) Put(batchNo int64, hashes iter.Seq2[uint64, error]) error {
	return x.put(func(yield func(Entry, error) bool) {
		for h, err := range hashes {
			if !yield(Entry{h, uint32(batchNo)}, err) {
				return
			}
		}
	})
}

func (x *Index) put(entries iter.Seq2[Entry, error]) (err error) {
	x.Forget()
	if err = os.MkdirAll(x.dir, 0o700); err == nil {
		x.pending, err = x.write(entries)
	}
	if err != nil {
		x.pending = run{}
		return fmt.Errorf("write the index of keys: %w", err)
	}
	return nil
}

// write writes a run under a name of its own: who lost the lake's lock and doesn't know
// it yet writes into no file of who has it.
func (x *Index) write(entries iter.Seq2[Entry, error]) (one run, err error) {
	one.Name = fmt.Sprintf("%016x%s", random(), runEnding)
	one.Entries, err = writeRun(x.path(one), x.note.Seed, entries)
	return one, err
}

// Keep takes what was put into the index, which is then filled up to there.
func (x *Index) Keep(filled State) error {
	next := x.note
	next.Runs = slices.Clone(next.Runs)
	next.State = filled
	if x.pending.Entries > 0 {
		next.Runs, x.pending = append(next.Runs, x.pending), run{}
		if err := x.merge(&next); err != nil {
			return fmt.Errorf("write the index of keys: %w", err)
		}
	}
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("write the index of keys: %w", err)
	}
	if err := writeNote(filepath.Join(x.dir, noteFile), next); err != nil {
		return fmt.Errorf("write the index of keys: %w", err)
	}
	x.note = next
	x.tidy()
	return nil
}

// tidy removes the runs that nothing reads any more.
func (x *Index) tidy() {
	files, _ := fs.Glob(os.DirFS(x.dir), "*"+runEnding)
	for _, file := range files {
		if !slices.ContainsFunc(x.note.Runs, func(one run) bool { return one.Name == file }) {
			_ = os.Remove(filepath.Join(x.dir, file))
		}
	}
}

// fillAtOnce is how many keys are sorted in memory while an index is filled from the rows.
const fillAtOnce = 1 << 21

// Fill adds keys of the batches after Filled, which fill gives in any order, and is then
// filled up to there. What a filling that fails leaves is there twice after the next.
func (x *Index) Fill(filled State, fill Fill) error {
	var held []Entry
	flush := func(filled State) error {
		slices.SortFunc(held, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Batch, b.Batch)) })
		err := x.put(func(yield func(Entry, error) bool) {
			for _, e := range held {
				if !yield(e, nil) {
					return
				}
			}
		})
		if held = held[:0]; err != nil {
			return err
		}
		return x.Keep(filled)
	}
	err := fill(x.note.BatchNo, func(key []byte, batchNo int64) error {
		if held = append(held, Entry{x.Hash(key), uint32(batchNo)}); len(held) < fillAtOnce {
			return nil
		}
		return flush(x.Filled())
	})
	if err != nil {
		return err
	}
	return flush(filled)
}

// merge makes one of the last runs, as far as they are of a size.
func (x *Index) merge(next *note) error {
	first := len(next.Runs) - 1
	sum := next.Runs[first].Entries
	for first > 0 && next.Runs[first-1].Entries <= mergeRatio*sum {
		first--
		sum += next.Runs[first].Entries
	}
	if first == len(next.Runs)-1 {
		return nil
	}
	var all []*cursor
	for _, one := range next.Runs[first:] {
		r, err := openRun(x.path(one), next.Seed, one.Entries)
		if err != nil {
			return err
		}
		defer r.close()
		all = append(all, &cursor{reader: r})
	}
	one, err := x.write(ascending(all))
	if err == nil && one.Entries != sum {
		err = errBroken
	}
	next.Runs = append(next.Runs[:first], one)
	return err
}

// Here gives the batches that brought keys with the hashes that were put: all that did,
// and maybe ones that brought another key of the same hash. An error means that the index
// can't be asked, and is to be cleared and filled again.
func (x *Index) Here() (batches []int64, err error) {
	if x.pending.Entries == 0 || len(x.note.Runs) == 0 {
		return nil, nil
	}
	wanted, err := openRun(x.path(x.pending), x.note.Seed, x.pending.Entries)
	if err != nil {
		return nil, fmt.Errorf("read the index of keys: %w", err)
	}
	defer wanted.close()
	found := map[uint32]bool{}
	for _, one := range x.note.Runs {
		if err := x.find(one, wanted, found); err != nil {
			return nil, fmt.Errorf("read the index of keys: %w", err)
		}
	}
	for _, no := range slices.Sorted(maps.Keys(found)) {
		batches = append(batches, int64(no))
	}
	return batches, nil
}

// find notes the batches of a run that brought what is wanted.
func (x *Index) find(one run, wanted *reader, found map[uint32]bool) error {
	r, err := openRun(x.path(one), x.note.Seed, one.Entries)
	if err != nil {
		return err
	}
	defer r.close()
	c := cursor{reader: wanted}
	last := uint64(0)
	for err = c.next(); err == nil && c.more; err = c.next() {
		if h := c.head.Hash; h != last || r.place < 0 { // not the same again
			if err := r.find(h, found); err != nil {
				return err
			}
			last = h
		}
	}
	return err
}

// Check reads the index in a folder whole, and gives up to where it is filled, how many
// keys of each batch are in it, and the names of files that aren't as they were written.
// Of none at all it gives nothing.
func Check(dir string) (filled State, counts map[int64]int64, changed []string) {
	n, err := readNote(filepath.Join(dir, noteFile))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil, nil
	}
	if err != nil {
		return State{}, nil, []string{noteFile}
	}
	x := &Index{dir: dir, note: n}
	counts = map[int64]int64{}
	for _, one := range n.Runs {
		if err := x.count(one, counts); err != nil {
			changed = append(changed, filepath.Base(one.Name))
		}
	}
	return n.State, counts, changed
}

// count adds the keys of a run to those of their batches.
func (x *Index) count(one run, counts map[int64]int64) error {
	r, err := openRun(x.path(one), x.note.Seed, one.Entries)
	if err != nil {
		return err
	}
	defer r.close()
	for e, err := range ascending([]*cursor{{reader: r}}) {
		if err != nil {
			return err
		}
		counts[int64(e.Batch)]++
	}
	return nil
}

// Forget takes away what was put and isn't kept.
func (x *Index) Forget() {
	if x != nil && x.pending.Name != "" {
		_ = os.Remove(x.path(x.pending)) // the next Keep does it otherwise
		x.pending = run{}
	}
}

func (x *Index) path(one run) string { return filepath.Join(x.dir, filepath.Base(one.Name)) }

func random() uint64 {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:]) // never fails
	return binary.LittleEndian.Uint64(bytes[:])
}

// readNote reads a note and the sum under it.
func readNote(path string) (n note, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return n, err
	}
	body, sum, _ := strings.Cut(string(text), "\n")
	if sum != sumOf(body)+"\n" {
		return n, errBroken
	}
	if err := json.Unmarshal([]byte(body), &n); err != nil || n.Form != form {
		return n, errors.Join(errBroken, err)
	}
	return n, nil
}

func writeNote(path string, n note) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(string(body) + "\n" + sumOf(string(body)) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
