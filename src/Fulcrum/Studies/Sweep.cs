using System.Globalization;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Studies;

/// <summary>Expands the sweep of a study into named candidates, before anything runs.</summary>
/// <remarks>Each candidate with <c>train</c> is a pattern: the sweep puts one candidate for each combination in its
/// place. Names hold all varied keys, so that a value that is added later changes no name.</remarks>
internal static class Sweep
{
    /// <summary>The largest number of combinations.</summary>
    public const int MostCombinations = 1000;

    /// <summary>The largest number of candidates of a study. A study's file of 1 MiB could ask for millions.</summary>
    public const int MostCandidates = 20_000;

    // Derived names, as NAME-step-1000-lambda-0.75, must stay within the 100 characters of a candidate's name.
    private const int LongestName = 64;

    /// <summary>Returns whether a study still has something to expand.</summary>
    public static bool IsIn(Study study) => study.Vary is not null || study.Sample is not null;

    /// <summary>Returns the study with every combination as a candidate of its own, and no sweep left.</summary>
    /// <param name="source">The study's file, for messages.</param>
    /// <exception cref="InputException">The sweep cannot be expanded; names the key and the value.</exception>
    public static Study Expand(Study study, string source = "")
    {
        if (study.Seek is { Margin: { } margin } seek)
        {
            study = study with { Margin = margin, Seek = seek with { Margin = null } };
        }

        if (!IsIn(study))
        {
            return study;
        }

        string place = study.Vary is null ? "sample" : "vary";
        IReadOnlyList<Combination> combinations = Combinations(study, source);
        int patterns = study.Candidates.Values.Count(c => c.Train is not null);
        Wanted.That(
            patterns > 0,
            source,
            place,
            "a sweep of no training",
            "a candidate with train, whose keys are varied"
        );
        RequireFew((long)patterns * combinations.Count, source, place);
        return study with { Candidates = Expanded(study, combinations, place, source), Vary = null, Sample = null };
    }

    private static Dictionary<string, CandidatePlan> Expanded(
        Study study,
        IReadOnlyList<Combination> combinations,
        string place,
        string source
    )
    {
        Dictionary<string, CandidatePlan> candidates = new(StringComparer.Ordinal);
        HashSet<string> prints = new(StringComparer.Ordinal);
        foreach ((string name, CandidatePlan plan) in study.Candidates)
        {
            if (plan.Train is null)
            {
                RequireParent(study, name, plan, source);
                candidates.TryAdd(name, plan);
                continue;
            }

            foreach (Combination values in combinations)
            {
                CandidatePlan varied = values.Of(study, plan, place, source);
                string print = Print(varied);
                // Two combinations may give the same plan.
                if (prints.Add(print))
                {
                    candidates.Add(NameOf(name, values, print, n => !IsTaken(n, study, candidates)), varied);
                }
            }
        }

        return candidates;
    }

    /// <summary>Checks that a study gets no more candidates than it may have.</summary>
    /// <exception cref="InputException">It gets more.</exception>
    public static void RequireFew(long count, string source, string place)
    {
        string counts = string.Create(CultureInfo.InvariantCulture, $"{count:#,0} candidates");
        string most = string.Create(CultureInfo.InvariantCulture, $"at most {MostCandidates:#,0}");
        Wanted.That(count <= MostCandidates, source, place, counts, most);
    }

    private static bool IsTaken(string name, Study study, Dictionary<string, CandidatePlan> candidates) =>
        candidates.ContainsKey(name)
        || (study.Candidates.TryGetValue(name, out CandidatePlan? own) && own.Train is null);

    private static IReadOnlyList<Combination> Combinations(Study study, string source)
    {
        (SweepKey Key, IReadOnlyList<JsonElement> Values)[] grid =
        [
            .. (study.Vary ?? new Dictionary<string, IReadOnlyList<JsonElement>>()).Select(v =>
                ValuesOf(v.Key, v.Value, source)
            ),
        ];
        bool varied = study.Vary is null or { Count: > 0 };
        Wanted.That(varied, source, "vary", "{}", "at least one key with a list of values");
        SweepSample? sample = study.Sample is { } ranges ? SweepSample.Parse(ranges, source) : null;
        SweepKey? twice = sample?.Keys.FirstOrDefault(k => grid.Any(g => g.Key.Text == k.Text));
        Wanted.That(twice is null, source, $"sample.{twice?.Text}", "varied too", "a key that vary does not name");
        long count = grid.Aggregate((long)(sample?.Count ?? 1), (n, g) => Math.Min(int.MaxValue, n * g.Values.Count));
        string counts = string.Create(CultureInfo.InvariantCulture, $"a sweep of {count:#,0} combinations");
        string most = string.Create(CultureInfo.InvariantCulture, $"at most {MostCombinations:#,0}");
        Wanted.That(count <= MostCombinations, source, sample is null ? "vary" : "sample.count", counts, most);
        IEnumerable<Combination> all = sample?.Draw(study.Seed, source) ?? [new Combination([])];
        foreach ((SweepKey key, IReadOnlyList<JsonElement> values) in grid)
        {
            all = all.SelectMany(c => values.Select(v => c.With(key, v)));
        }

        return [.. all];
    }

    private static (SweepKey, IReadOnlyList<JsonElement>) ValuesOf(
        string name,
        IReadOnlyList<JsonElement> values,
        string source
    )
    {
        SweepKey key = SweepKey.Parse(name, "vary", source);
        Wanted.That(values.Count > 0, source, $"vary.{name}", "[]", "at least one value");
        RequireDistinct(key, values, $"vary.{name}", source);
        foreach (JsonElement value in values)
        {
            key.Check(value, "vary", source);
        }

        return (key, values);
    }

    /// <summary>Checks that a list holds no value twice.</summary>
    public static void RequireDistinct(SweepKey key, IReadOnlyList<JsonElement> values, string place, string source)
    {
        string? twice = values.Select(Combination.Text).GroupBy(v => v).FirstOrDefault(g => g.Count() > 1)?.Key;
        Wanted.That(twice is null, source, place, $"{twice}, twice", "values that differ");
    }

    private static void RequireParent(Study study, string name, CandidatePlan plan, string source)
    {
        bool replaced = plan.From is { } from && study.Candidates.GetValueOrDefault(from)?.Train is not null;
        Wanted.That(
            !replaced,
            source,
            $"candidates.{name}.from",
            plan.From,
            "a candidate that the sweep does not replace"
        );
    }

    private static string NameOf(string parent, Combination values, string print, Func<string, bool> isFree)
    {
        string name = string.Join('-', new[] { parent }.Concat(values.Values.Select(v => v.Key.Label(v.Value))));
        string digest = Sha256.OfTexts(print)[..6];
        name = name.Length <= LongestName ? name : $"{name[..(LongestName - 7)]}-{digest}";
        return isFree(name) ? name : $"{name[..Math.Min(name.Length, LongestName - 7)]}-{digest}";
    }

    private static string Print(CandidatePlan plan) =>
        JsonSerializer.Serialize(plan, TaskKinds.TypeInfo<CandidatePlan>());
}
