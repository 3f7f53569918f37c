using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulcrum.Studies;

/// <summary>The keys in which the trainings of a study differ, and their values in each candidate.</summary>
internal static class SweptKeys
{
    /// <summary>Returns by candidate the keys that differ between candidates, as <c>train.rank</c>, with their
    /// values.</summary>
    /// <param name="candidates">Names of candidates with <c>train</c>.</param>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Of(
        Study study,
        IReadOnlyList<string> candidates
    )
    {
        Dictionary<string, string>[] all = [.. candidates.Select(c => Values(study, study.Candidates[c]))];
        SweepKey[] differing =
        [
            .. SweepKey.All.Where(k => all.Select(v => v.GetValueOrDefault(k.Text, "none")).Distinct().Count() > 1),
        ];
        return candidates
            .Zip(all)
            .ToDictionary(
                c => c.First,
                c =>
                    (IReadOnlyDictionary<string, string>)
                        differing.ToDictionary(k => k.Text, k => c.Second.GetValueOrDefault(k.Text, "none"))
            );
    }

    private static Dictionary<string, string> Values(Study study, CandidatePlan plan)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        Add(SweepSection.Train, plan.Train);
        Add(SweepSection.Replay, plan.Replay ?? study.Replay);
        Add(SweepSection.TrainingData, plan.TrainingData ?? study.TrainingData);
        return values;

        void Add<T>(SweepSection section, T? part)
            where T : class
        {
            JsonNode? node = part is null ? null : JsonSerializer.SerializeToNode(part, TaskKinds.TypeInfo<T>());
            foreach (SweepKey key in SweepKey.All.Where(k => k.Section == section))
            {
                if (node?[key.Property.Name] is { } value)
                {
                    values[key.Text] = key.Value(value.Deserialize<JsonElement>());
                }
            }
        }
    }
}
