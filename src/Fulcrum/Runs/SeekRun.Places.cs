using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <content>The places of the rounds of a search, each of which another process can do.</content>
internal sealed partial class SeekRun
{
    /// <summary>Returns the rounds of a search, so that each place in them can be a job of its own.</summary>
    /// <exception cref="InputException">The budget is too small, or it is a time.</exception>
    public static SeekFile Planned(RunState state, Stages stages, Engines engines, Corpus data)
    {
        SeekRun run = new(state, stages, engines, data, new ExperimentSettings());
        double trainings =
            run.plan.Trainings
            ?? throw new InputException(
                "seek.budget: how many candidates are trained follows from the times of one process, which --on slurm "
                    + "does not have; give seek.trainings instead, or run the study in one process"
            );
        return new SeekFile(run.arms, run.Affordable(trainings), []);
    }

    /// <summary>Returns the training of a place in a round, with its parts. The rounds before it must be
    /// complete.</summary>
    /// <param name="place">In which round, both counted from 1.</param>
    /// <exception cref="InputException">There is no such round or place.</exception>
    public IReadOnlyList<string> NamesAt(StagePart place)
    {
        IReadOnlyList<HalvingRound> planned = Affordable(plan.Trainings!.Value);
        int places = place.Of >= 1 && place.Of <= planned.Count ? planned[place.Of - 1].Candidates : 0;
        string rounds = string.Join(", ", planned.Select((r, k) => $"{r.Candidates} in round {k + 1}"));
        Wanted.That(
            place.Index >= 1 && place.Index <= places,
            "",
            "--stage",
            $"round:{place.Index}/{place.Of}",
            $"places {rounds}"
        );
        IReadOnlyList<string> kept = arms;
        for (int k = 0; k < place.Of - 1; k++)
        {
            kept = [.. Ranked([.. kept.Take(planned[k].Candidates)], planned[k].Share)];
        }

        string name = Begin(kept[place.Index - 1], planned[place.Of - 1].Share);
        return [name, .. PartsOf(name).Skip(1)];
    }

    /// <summary>Returns whether the answers of a place in a round are still what was written. Those that are not are
    /// no longer complete then.</summary>
    public bool IsIntactAt(StagePart place)
    {
        RunLayout run = stages.Layout;
        string[] changed =
        [
            .. NamesAt(place)
                .Select(n => $"{RunLayout.Candidate(n)}/{RunLayout.Selection}")
                .Where(s => run.Completed(s) is not { } m || !run.IsComplete(s, m.Inputs)),
        ];
        foreach (string stage in changed.Where(s => run.Completed(s) is not null))
        {
            File.Delete(run.ManifestPath(stage));
        }

        return changed.Length == 0;
    }

    /// <summary>Trains and measures the training of a place in a round. The study of the run stays as it is: other
    /// processes do other places.</summary>
    public void TryAt(StageNode node, CancellationToken cancellation)
    {
        IReadOnlyList<string> names = NamesAt(node.Part!);
        string[] reads = [.. names.Select(n => $"{RunLayout.Candidate(n)}/{RunLayout.Selection}")];
        FailureFile.Record(
            stages.Layout,
            node,
            () =>
            {
                Try(names[0], cancellation);
                stages.Run(
                    node.Place,
                    Sha256.OfTexts([.. reads.Select(s => s + stages.Layout.DigestOf(s))]),
                    reads,
                    () => []
                );
            }
        );
    }
}
