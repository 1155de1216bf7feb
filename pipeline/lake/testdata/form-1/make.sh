#!/bin/sh
# Makes the lake of form 1 that the tests of upgrade begin with:
#   make-lake.sh CARAT FOLDER
# CARAT is a carat of form 1 (commit 8674740 or before), FOLDER a new folder.
# It is kept for the record: a carat of today makes a lake of today's form.
set -eu
carat=$1
mkdir "$2"
cd "$2"
mkdir inbox later
cat > carat.yaml <<'END'
lake: lake
time_zone: UTC
reporting_currency: USD
entity: main
first_period: "2026-08"
entities:
  main: {name: "Example Live Inc.", functional_currency: USD}
  europe: {name: "Example Live Europe B.V.", functional_currency: USD}
approvers: [lead]
feeds: {}
END
cat > inbox/gift_catalog.csv <<'END'
gift_id,valid_from,name,coins
rose,2026-01-01T00:00:00Z,Rose,1
END
cat > inbox/conversion_rates.csv <<'END'
scope,scope_id,valid_from,diamonds_per_coin,diamond_value,coin_value,platform_share,currency,rounding
default,,2026-01-01T00:00:00Z,0.5,0.01,0.01,0.5,USD,floor
END
cat > inbox/creators.csv <<'END'
creator_id,valid_from,display_name,country,currency,entity
c1,2026-01-01T00:00:00Z,Ann Example,US,USD,main
c2,2026-01-01T00:00:00Z,Ben Example,DE,USD,europe
END
cat > inbox/coin_packages.csv <<'END'
sku,channel,country,valid_from,coins,currency,gross_amount
coins-1000,web,US,2026-01-01T00:00:00Z,1000,USD,10.00
END

# A month: each viewer buys coins, and sends gifts to a creator of the same entity.
# One gift of August has a price that the catalog doesn't.
month() { # PERIOD FOLDER
    {
        echo purchase_id,kind,viewer_id,channel,store_transaction_id,sku,coins,currency,gross_amount,purchased_at,entity
        echo "p1-$1,purchase,v1,web,t1-$1,coins-1000,1000,USD,10.00,$1-02T10:00:00Z,main"
        echo "p2-$1,purchase,v2,web,t2-$1,coins-1000,1000,USD,10.00,$1-03T10:00:00Z,europe"
    } > "$2/coin_purchases-$1.csv"
    {
        echo line_id,channel,report_id,store_transaction_id,kind,gross_amount,fee_amount,net_amount,currency,transaction_at,entity
        echo "s1-$1,web,w-$1,t1-$1,sale,10.00,-0.30,9.70,USD,$1-02T10:00:00Z,main"
        echo "s2-$1,web,w-$1,t2-$1,sale,10.00,-0.30,9.70,USD,$1-03T10:00:00Z,europe"
    } > "$2/settlement_lines-$1.csv"
    h=event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds,entity
    {
        echo $h
        echo "g1-$1,gift,$1-05T10:00:00Z,s1,v1,c1,rose,100,100,50,main"
        echo "g2-$1,gift,$1-05T10:00:01Z,s2,v2,c2,rose,10,10,5,europe"
        [ "$1" != 2026-08 ] || echo "g3-$1,gift,$1-05T10:00:02Z,s2,v2,c2,rose,4,6,3,europe"
    } > "$2/gift_events-$1-a.csv"
    {
        echo $h
        echo "g4-$1,gift,$1-05T11:00:00Z,s1,v1,c1,rose,30,30,15,main"
    } > "$2/gift_events-$1-b.csv"
}
month 2026-08 inbox
month 2026-09 later
month 2026-10 later

decide() { # PERIOD: what needs a review is explained, what blocks is waived
    "$carat" exceptions --period "$1" --export "x-$1.csv" || return 0
    awk -F, -v OFS=, -v until="$(date -u -d '+300 days' +%F)" 'NR == 1 {
            for (i = 1; i <= NF; i++) at[$i] = i
            print; next
        }
        $at["severity"] == "info" { next }
        {
            $at["status"] = $at["severity"] == "block" ? "waived" : "explained"
            if ($at["severity"] == "block") $at["until"] = until
            $at["owner"] = "ops"; $at["note"] = "looked at"
            print
        }' "x-$1.csv" > "y-$1.csv"
    "$carat" exceptions --import "y-$1.csv" --user bob
    rm "x-$1.csv" "y-$1.csv"
}
close() { # PERIOD
    "$carat" run --period "$1" --user ann || true
    decide "$1"
    "$carat" run --period "$1" --user ann
    "$carat" close --period "$1" --user ann
    "$carat" approve --period "$1" --user cleo
}

# August: closed, opened again, closed as version 2.
close 2026-08
"$carat" reopen --period 2026-08 --user cleo --reason 'a payout was looked at again'
close 2026-08

# September: closed, and opened again.
mv later/*-2026-09* inbox
close 2026-09
"$carat" reopen --period 2026-09 --user cleo --reason 'a bank line is missing'

# October: open. One of its batches was taken out of the history and came again.
mv later/*-2026-10* inbox
"$carat" ingest
b=$("$carat" query --format csv "select batch_id from batches where source like '%gift_events-2026-10-b%'" | tail -1)
"$carat" undo "$b" --user ann --reason 'the wrong file'
"$carat" ingest
"$carat" compact
"$carat" run --period 2026-10 --user ann || true
"$carat" verify
