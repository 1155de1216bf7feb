package lake

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"carat/pipeline"
)

// giftRows makes rows like a platform's: snowflake ids in the order of time,
// streams of heavy-tailed creators, a million viewers, sixty gifts.
func giftRows(n int, seed uint64, long bool) []pipeline.GiftEvent {
	rng := rand.New(rand.NewPCG(seed, 7))
	creators := make([]string, 50_000)
	for i := range creators {
		creators[i] = fmt.Sprintf("c%05d", i)
		if long {
			creators[i] = strconv.FormatInt(6_800_000_000_000_000_000+rng.Int64N(1<<57), 10)
		}
	}
	viewers := make([]string, 1_000_000)
	for i := range viewers {
		viewers[i] = fmt.Sprintf("v%07d", i)
		if long {
			viewers[i] = strconv.FormatInt(6_600_000_000_000_000_000+rng.Int64N(1<<57), 10)
		}
	}
	gifts := make([]string, 60)
	coins := make([]int64, 60)
	for i := range gifts {
		gifts[i] = strconv.Itoa(5000 + i*37)
		coins[i] = []int64{1, 1, 5, 10, 20, 30, 99, 199, 299, 500, 1000, 29999}[i%12]
	}
	at := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC).UnixMicro()
	rows := make([]pipeline.GiftEvent, n)
	for i := range rows {
		at += rng.Int64N(2*267_840) / 1000 * 1000
		r := &rows[i]
		c := int(float64(len(creators)) * rng.Float64() * rng.Float64() * rng.Float64())
		v := int(float64(len(viewers)) * rng.Float64() * rng.Float64())
		g := int(60 * rng.Float64() * rng.Float64())
		r.EventID = strconv.FormatInt((at/1000-1_600_000_000_000)<<22|rng.Int64N(1<<22), 10)
		r.Kind = "gift"
		if rng.IntN(500) == 0 && i > 0 {
			r.Kind, r.OriginalEventID = "reversal", rows[rng.IntN(i)].EventID
		}
		r.SentAt = at
		r.StreamID = fmt.Sprintf("s%05d-%03d", c, (at/14_400_000_000)%1000)
		if long {
			r.StreamID = fmt.Sprintf("7%018d", int64(c)*7919_000_001+int64(at/14_400_000_000)%1000)
		}
		r.ViewerID, r.CreatorID, r.GiftID = viewers[v], creators[c], gifts[g]
		r.Quantity = 1 + int64(rng.Float64()*rng.Float64()*rng.Float64()*20)
		r.Coins = r.Quantity * coins[g]
		r.Diamonds = r.Coins / 2
		r.Entity = "main"
		r.BatchID, r.SourceLine, r.IngestedAt, r.AccountingMonth = "b000042", int64(i)+2, 1_792_000_000_000_000, "2026-10"
	}
	return rows
}
