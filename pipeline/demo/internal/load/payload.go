package load

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// bodies is how many different event bodies a test cycles through.
const bodies = 64

// payloads makes the ends of request bodies: everything after the id. The same seed makes the same ones.
func payloads(seed uint64) [][]byte {
	random := rand.New(rand.NewPCG(seed, 0xb0d1e5))
	made := make([][]byte, bodies)
	for i := range made {
		data, err := json.Marshal(order(random))
		if err != nil {
			panic(err) // made of numbers and strings only
		}
		made[i] = fmt.Appendf(nil, `"type":%q,"data":%s}`, pick(random, "OrderPlaced", "OrderPaid", "OrderShipped"), data)
	}
	return made
}

// order makes the nested data of one event: an order with lines, a customer and an address, about 1 kB.
func order(random *rand.Rand) map[string]any {
	lines := make([]map[string]any, 3+random.IntN(4))
	for i := range lines {
		lines[i] = map[string]any{
			"sku": fmt.Sprintf("SKU-%06d", random.IntN(1e6)), "quantity": 1 + random.IntN(9),
			"price": map[string]any{"amount": float64(random.IntN(1e5)) / 100, "currency": "EUR"},
			"tags":  []string{pick(random, "new", "sale", "regular"), pick(random, "home", "garden", "office")},
		}
	}
	return map[string]any{
		"order": fmt.Sprintf("ORD-%08d", random.IntN(1e8)),
		"lines": lines,
		"customer": map[string]any{
			"name": pick(random, "Ada Lovelace", "Grace Hopper", "Edsger Dijkstra"), "loyal": random.IntN(2) == 0,
			"address": map[string]any{
				"street": fmt.Sprintf("%d Long Lane", 1+random.IntN(200)), "city": pick(random, "Utrecht", "Porto", "Graz"),
				"location": []float64{random.Float64() * 90, random.Float64() * 180},
			},
		},
		"note": nil,
	}
}

func pick(random *rand.Rand, words ...string) string { return words[random.IntN(len(words))] }
