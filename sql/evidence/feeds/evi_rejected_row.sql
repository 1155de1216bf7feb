-- One row is what was wrong with the row of the file that is the subject.
-- grain: batch_id, source_line, column_name
-- subject: row
-- heading: What was wrong with it
-- order: column_name, code
-- The subject is BATCH/LINE.
select
    stg_rejects.feed,
    stg_rejects.source,
    stg_rejects.column_name,
    stg_rejects.code,
    stg_rejects.offending_text,
    stg_rejects.expected,
    stg_rejects.row_key,
    stg_rejects.batch_id,
    stg_rejects.source_line
from stg_rejects
cross join subject
where stg_rejects.batch_id || '/' || plain(stg_rejects.source_line) = subject.subject_id
