using System.Globalization;
using Fulcrum.Comparisons;
using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <content>What a search found, and what it cost.</content>
internal sealed partial class SeekRun
{
    // Models that exist take no part in the search; they and other seeds of the selected training are judged with it.
    private (IReadOnlyList<string> Beside, SearchSummary Summary) Found(string chosen, SeekFile file)
    {
        string[] beside =
        [
            .. Now
                .Study.Candidates.Where(c =>
                    Now.Study.RootOf(c.Value).Train is null || (c.Value.From == chosen && c.Value.Seed is not null)
                )
                .Select(c => c.Key),
        ];
        (string Name, CandidatePlan Plan)[] trained =
        [
            .. tried
                .Select(n => (n, Now.Study.Candidates[n]))
                .Where(c => c.Item2.Train is not null || c.Item2.MaxSteps is not null),
        ];
        double work = trained.Sum(t => t.Plan.MaxSteps is { } steps ? (double)steps / FullSteps(t.Plan.From!) : 1);
        long items = half.Tasks.Sum(t => (long)t.Items.Count);
        return (
            beside,
            new SearchSummary(
                trained.Length,
                Math.Round(work, 2),
                tried.Count * items,
                [.. file.Rounds.Select(r => r.Trained.Count)],
                SettingsOf(chosen)
            )
        );
    }

    private Dictionary<string, string> SettingsOf(string chosen)
    {
        CandidatePlan plan = Now.Study.Candidates[chosen];
        string arm = chosen;
        int? steps = plan.Step;
        while (Now.Study.Candidates[arm] is { From: { } from } part)
        {
            (arm, steps) = (from, steps ?? part.MaxSteps);
        }

        Dictionary<string, string> settings = new(SweptKeys.Of(state.Study, arms)[arm], StringComparer.Ordinal);
        if (steps is { } some)
        {
            settings["steps"] = string.Create(CultureInfo.InvariantCulture, $"{some} of {FullSteps(arm)}");
        }

        if (plan.Lambda is { } lambda)
        {
            settings["lambda"] = SweepKey.Number(lambda);
        }

        return settings;
    }
}
