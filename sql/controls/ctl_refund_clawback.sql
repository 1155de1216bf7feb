-- One row is a gift paid with refunded coins whose diamonds were not taken back as the policy says.
-- grain: subject_id
-- control: refund_clawback
-- severity: review
-- unit: diamonds
-- reasons: not_taken_back, too_much
-- guards: creators paid for coins whose money went back to the viewer
-- question: Under the policy clawback: full, was every gift that refunded coins paid for taken back from its creator, and no more?
-- causes: the clawback was not made or not delivered; it names the refund, or nothing, instead of the gift; it is of the whole gift where other coins paid a part
-- action: have the missing diamonds adjusted with reason clawback and the gift's id as reference, or note why the creator keeps them
-- checked: from led_clawback where is_new
-- not_compared_reason: select case clawback when 'none' then 'the policy clawback is none' else 'no gift was paid with coins whose purchase was refunded' end
--     from run
-- A refund takes what is left of its purchase's lot; for the coins that were spent, each gift that took them owes
-- floor(its diamonds x those coins / its coins), last taken first. Clawbacks that name the gift are compared with it.
-- Under the policy none nothing is expected.
select
    entity,
    'gift' as subject_kind,
    event_id as subject_id,
    cast(expected_diamonds as decimal(38, 9)) as expected,
    cast(actual_diamonds as decimal(38, 9)) as actual,
    cast(actual_diamonds - expected_diamonds as decimal(38, 9)) as difference,
    'diamonds' as unit,
    case when actual_diamonds < expected_diamonds then 'not_taken_back' else 'too_much' end as reason,
    'Gift ' || event_id || ' to ' || creator_id || ' was paid with coins whose purchase was refunded: ' || counted(expected_diamonds, 'diamond')
        || ' ' || are(expected_diamonds) || ' to be taken back, ' || plain(actual_diamonds) || ' ' || were(actual_diamonds) || '.' as detail,
    batch_id,
    source_line
from led_clawback
where is_new and expected_diamonds <> actual_diamonds
order by event_id
