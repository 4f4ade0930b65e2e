import pytest
from musicologist.prompts.plan import Plan


@pytest.mark.parametrize("per_shard", [1, 3, 7])
def test_shards_cover_every_prompt_once(per_shard):
    plan = Plan(prompts=23, prompts_per_shard=per_shard, shards_per_batch=2)
    ids = [prompt for shard in plan.shards() for prompt in plan.prompts_of_shard(shard)]
    assert ids == list(range(23))
    for shard in plan.shards():
        assert set(plan.prompts_of_shard(shard)) <= set(plan.prompts_of_batch(plan.batch_of_shard(shard)))
    assert max(map(plan.batch_of_shard, plan.shards())) == plan.batches()[-1]


def test_more_prompts_leave_full_shards_and_all_batches_as_they_were():
    before, after = Plan(24, 4, 3), Plan(34, 4, 3)
    assert [before.prompts_of_shard(s) for s in before.shards()] == [after.prompts_of_shard(s) for s in before.shards()]
    assert [before.prompts_of_batch(b) for b in before.batches()] == [
        after.prompts_of_batch(b) for b in before.batches()
    ]
    assert len(after.prompts_of_batch(after.batches()[-1])) == 12
