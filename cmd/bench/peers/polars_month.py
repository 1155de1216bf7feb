"""The polars peer, the same checks as plain.sql: python polars_month.py MONTH > found.csv."""
import json
import pathlib
import sys

import polars as pl

inbox = pathlib.Path(sys.argv[1]) / "inbox"
MONEY = pl.Decimal(18, 4)


def read(name: str, money=(), whole=(), times=()) -> pl.DataFrame:
    frame = pl.concat([pl.read_csv(f, infer_schema=False) for f in sorted(inbox.glob(f"{name}-*.csv"))])
    return frame.with_columns(
        [pl.col(c).cast(MONEY) for c in money] + [pl.col(c).cast(pl.Int64) for c in whole]
        + [pl.col(c).str.to_datetime(time_zone="UTC", format="%+") for c in times])


def fault(frame: pl.DataFrame, control: str, kind: str, subject: str, difference: pl.Expr, unit: pl.Expr) -> pl.DataFrame:
    return frame.select(control=pl.lit(control), subject_kind=pl.lit(kind), subject_id=pl.col(subject), difference=difference.cast(pl.String), unit=unit)


gifts = read("gift_events", whole=["quantity", "coins"], times=["sent_at"])
catalog = read("gift_catalog", whole=["coins"], times=["valid_from"]).select("gift_id", "coins", "valid_from")
for f in inbox.glob("gift_catalog-*.json"):
    more = pl.DataFrame([{"gift_id": key, "coins": gift["diamondCost"]} for key, gift in json.loads(f.read_text()).items()])
    catalog = pl.concat([catalog, more.with_columns(valid_from=pl.datetime(2000, 1, 1, time_zone="UTC").cast(catalog.schema["valid_from"]))])
purchases = read("coin_purchases", money=["gross_amount"], whole=["coins"], times=["purchased_at"])
packages = read("coin_packages", money=["gross_amount"], whole=["coins"], times=["valid_from"])
payouts = read("payouts", money=["gross_amount", "withholding_amount", "fee_amount", "net_amount"], times=["updated_at"])
provider = read("provider_payments", money=["amount"]).filter(pl.col("status") == "paid")
settled = read("settlement_lines", money=["gross_amount", "net_amount"])
bank = read("bank_lines", money=["amount"])

priced = gifts.filter(pl.col("kind") == "gift").sort("sent_at").join_asof(
    catalog.sort("valid_from"), left_on="sent_at", right_on="valid_from", by="gift_id", suffix="_list").with_columns(expected=pl.col("quantity") * pl.col("coins_list"))
sold = purchases.filter(pl.col("kind") == "purchase").sort("purchased_at").join_asof(
    packages.sort("valid_from"), left_on="purchased_at", right_on="valid_from", by=["sku", "channel", "country"], suffix="_list").filter(pl.col("currency") == pl.col("currency_list"))
latest = payouts.sort("updated_at").unique("payout_id", keep="last", maintain_order=True).with_columns(
    expected=pl.col("gross_amount") - pl.col("withholding_amount").fill_null(0) - pl.col("fee_amount").fill_null(0))
paid = provider.group_by("payout_id").agg(pl.col("amount").sum())
zero = pl.lit("0").cast(MONEY)
checked = latest.filter((pl.col("status") == "paid") & pl.col("payout_currency").is_null()).join(paid, on="payout_id", how="left").with_columns(pl.col("amount").fill_null(zero))
matched = purchases.filter(pl.col("kind") == "purchase").join(
    settled.filter(pl.col("kind") == "sale"), on=["store_transaction_id", "currency"], suffix="_settled").group_by("purchase_id", "currency").agg(
    pl.col("gross_amount_settled").sum(), pl.col("gross_amount").first())
sent = settled.filter(pl.col("kind") == "payout").join(
    bank.group_by("reference", "currency").agg(pl.col("amount").sum()), left_on=["bank_reference", "currency"], right_on=["reference", "currency"], how="left").with_columns(
    pl.col("amount").fill_null(zero))

found = pl.concat([
    fault(priced.filter(pl.col("coins") != pl.col("expected")), "gift_price", "gift", "event_id", pl.col("coins") - pl.col("expected"), pl.lit("coins")),
    fault(gifts.unique().group_by("event_id").len().filter(pl.col("len") > 1), "key_conflict", "gift", "event_id", pl.col("len").cast(pl.Int64) - 1, pl.lit("contents")),
    fault(sold.filter(pl.col("gross_amount") != pl.col("gross_amount_list")), "package_price", "purchase", "purchase_id", pl.col("gross_amount") - pl.col("gross_amount_list"), pl.col("currency")),
    fault(sold.filter(pl.col("coins") != pl.col("coins_list")), "package_coins", "purchase", "purchase_id", pl.col("coins") - pl.col("coins_list"), pl.lit("coins")),
    fault(latest.filter(pl.col("net_amount") != pl.col("expected")), "payout_arithmetic", "payout", "payout_id", pl.col("net_amount") - pl.col("expected"), pl.col("currency")),
    fault(latest.filter(pl.col("provider_reference").is_not_null()).sort("payout_id").filter(pl.len().over("provider_reference") > 1).unique("provider_reference", keep="last", maintain_order=True),
          "payout_duplicate", "payout", "payout_id", pl.col("net_amount"), pl.col("currency")),
    fault(checked.filter(pl.col("amount") != pl.col("net_amount")), "payout_provider", "payout", "payout_id", pl.col("amount") - pl.col("net_amount"), pl.col("currency")),
    fault(matched.filter(pl.col("gross_amount_settled") != pl.col("gross_amount")), "purchase_settlement", "purchase", "purchase_id",
          pl.col("gross_amount_settled") - pl.col("gross_amount"), pl.col("currency")),
    fault(sent.filter(pl.col("amount") + pl.col("net_amount") != zero), "settlement_bank", "settlement", "line_id", pl.col("amount") + pl.col("net_amount"), pl.col("currency")),
])
sys.stdout.write(found.sort(pl.all()).write_csv())
