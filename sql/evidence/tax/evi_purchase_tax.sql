-- One row is a tax rule of the purchase's country and channel.
-- grain: country, channel, valid_from
-- subject: purchase
-- heading: The tax rules of its country and channel, and their dates
-- order: country, channel, valid_from
-- The one in force when it was sold decides; of a refund or chargeback, when the sale was.
select
    stg_tax_rules.country,
    stg_tax_rules.channel,
    stg_tax_rules.valid_from,
    case
        when stg_tax_rules.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then iso_instant(stg_tax_rules.valid_until)
        else 'open'
    end as in_force_until,
    stg_tax_rules.rate,
    stg_tax_rules.treatment,
    stg_tax_rules.remitter,
    stg_tax_rules.fee_base,
    stg_tax_rules.fee_returned,
    stg_tax_rules.batch_id,
    stg_tax_rules.source_line
from stg_tax_rules
cross join subject
inner join stg_coin_purchases as own
    on own.country = stg_tax_rules.country
    and own.channel = stg_tax_rules.channel
where own.purchase_id = subject.subject_id
