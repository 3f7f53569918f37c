using System.Globalization;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>Searches the candidates that are trained by successive halving on the selection half, then selects one of
/// everything that was tried.</summary>
/// <remarks>
/// A short training is a complete training with fewer steps and the whole schedule of the learning rate, so it is a
/// candidate of its own. Which training comes next follows from answers on disk, so an interrupted search repeats its
/// decisions. Under a time budget they follow from measured times too; those are kept in <see cref="SeekFile"/>.
/// </remarks>
/// <param name="storesStudy">Whether the study of the run gets the short trainings.</param>
internal sealed partial class SeekRun(
    RunState state,
    Stages stages,
    Engines engines,
    Corpus data,
    ExperimentSettings settings,
    bool storesStudy = false
)
{
    private const int LeastSteps = 4;
    private readonly SeekPlan plan = state.Study.Seek!;
    private readonly string[] arms =
    [
        .. state.Study.Candidates.Where(c => c.Value.Train is not null).Select(c => c.Key),
    ];
    private readonly HashSet<string> tried = new(StringComparer.Ordinal);
    private readonly Corpus half = AskedItems.Halves(data, state.Study).Selection;
    private readonly SeekClock clock = new(stages.Layout);
    private RunState? grown;
    private double work;

    /// <summary>The state with the short trainings that have begun.</summary>
    public RunState Now => grown ?? state;

    /// <summary>Searches and selects.</summary>
    /// <returns>The state with the candidates that the other half judges.</returns>
    /// <exception cref="InputException">The budget is too small, or the folder holds a search over other
    /// candidates.</exception>
    public RunState Run(CancellationToken cancellation)
    {
        SeekFile? earlier = plan.Seconds is null ? null : Recorded();
        IReadOnlyList<HalvingRound>? planned = earlier?.Planned ?? (plan.Trainings is { } n ? Affordable(n) : null);
        new SelectionRun(state, stages, engines, data, settings).MeasureBase(cancellation);
        string? first = plan.Seconds is null ? null : Probe(cancellation);
        SeekFile file = earlier ?? (first is null ? new SeekFile(arms, planned!, []) : Timed(first));
        IReadOnlyList<string> kept = arms;
        for (int k = 0; k < file.Planned.Count && kept.Count > 0; k++)
        {
            SeekRound round =
                k < file.Rounds.Count && plan.Seconds is not null
                    ? Repeated(file, k, cancellation)
                    : Round(file, k, kept, cancellation);
            file = k < file.Rounds.Count ? file : file with { Rounds = [.. file.Rounds, round] };
            file.Write(stages.Layout);
            kept = round.Kept;
        }

        return new SelectionRun(Now, stages, engines, data, settings).Choose(Tried(), chosen => Found(chosen, file));
    }

    private SeekFile? Recorded()
    {
        SeekFile? file = SeekFile.Read(stages.Layout);
        return file is null || file.Candidates.SequenceEqual(arms)
            ? file
            : throw new InputException(
                $"the run folder {stages.Layout.Root} cannot be continued: it holds a search over other candidates, "
                    + "and a search with a time budget takes no new ones. Choose another --output, or seek.trainings "
                    + "instead of seek.budget"
            );
    }

    private int MostRounds => SuccessiveHalving.LargestRounds(arms.Length, arms.Min(FullSteps), LeastSteps);

    private IReadOnlyList<HalvingRound> Affordable(double trainings)
    {
        double least = SuccessiveHalving.Of(arms.Length, MostRounds).Sum(r => r.Share * r.Candidates);
        Wanted.That(
            trainings >= least - 1e-9,
            "",
            "seek.trainings",
            trainings,
            string.Create(CultureInfo.InvariantCulture, $"at least {least:0.##} for {arms.Length} candidates")
        );
        return SuccessiveHalving.Within(arms.Length, MostRounds, trainings, r => r.Share * r.Candidates)!;
    }

    private double ShortestShare => SuccessiveHalving.Of(arms.Length, MostRounds)[0].Share;

    /// <summary>Trains and measures one candidate for the shortest time. It is tried like the others.</summary>
    private string Probe(CancellationToken cancellation)
    {
        string first = Begin(arms[0], ShortestShare);
        Try(first, cancellation);
        return first;
    }

    /// <summary>Plans the search from the time of one shortest training.</summary>
    private SeekFile Timed(string first)
    {
        double training = clock.Training(first) / ShortestShare,
            measuring = clock.Measuring(PartsOf(first));
        double left = plan.Seconds!.Value - clock.Seconds(tried);
        IReadOnlyList<HalvingRound> planned =
            SuccessiveHalving.Within(arms.Length, MostRounds, left, r => r.Candidates * Estimated(r.Share))
            ?? SuccessiveHalving.Of(arms.Length, MostRounds);
        SeekFile file = new(arms, planned, [], training, measuring);
        file.Write(stages.Layout);
        return file;

        double Estimated(double share) => (share * training) + measuring;
    }

    /// <summary>Trains and measures the candidates of a round, and keeps the better half.</summary>
    private SeekRound Round(SeekFile file, int k, IReadOnlyList<string> entering, CancellationToken cancellation)
    {
        HalvingRound round = file.Planned[k];
        List<string> trained = [];
        foreach (string arm in entering.Take(round.Candidates))
        {
            cancellation.ThrowIfCancellationRequested();
            if (IsOver(file, round.Share))
            {
                stages.Report(new RunEvent.Noted($"seek: the budget of {plan.Budget} ends before {arm} is trained"));
                break;
            }

            string name = Begin(arm, round.Share);
            Try(name, cancellation);
            trained.Add(arm);
            work += round.Share;
            stages.Report(new RunEvent.Noted(Progress(file, k, trained.Count)));
        }

        int keep = k + 1 < file.Planned.Count ? file.Planned[k + 1].Candidates : 0;
        return new SeekRound(trained, [.. Ranked(trained, round.Share).Take(keep)]);
    }

    private SeekRound Repeated(SeekFile file, int k, CancellationToken cancellation)
    {
        SeekRound round = file.Rounds[k];
        foreach (string arm in round.Trained)
        {
            Try(Begin(arm, file.Planned[k].Share), cancellation);
            work += file.Planned[k].Share;
        }

        return round;
    }

    // Judged by what earlier stages took, so a resumed run decides alike.
    private bool IsOver(SeekFile file, double share) =>
        plan.Seconds is { } seconds
        && clock.Seconds(tried) + (share * file.SecondsPerTraining!.Value) + file.SecondsPerMeasurement!.Value
            > seconds;

    /// <summary>Names a training of the search, with its parts, in the run's study.</summary>
    private string Begin(string arm, double share)
    {
        if (share >= 1)
        {
            return arm;
        }

        TrainPlan train = TrainSteps.Shortened(
            state.Study.Candidates[arm].Train!,
            Math.Max(1, (int)Math.Round(FullSteps(arm) * share)),
            Examples(arm)
        );
        (string Name, CandidatePlan Plan)[] added = [.. Derivation.Shortened(state.Study, arm, train, Examples(arm))];
        if (!Now.Study.Candidates.ContainsKey(added[0].Name))
        {
            Dictionary<string, CandidatePlan> all = new(Now.Study.Candidates, StringComparer.Ordinal);
            Array.ForEach(added, a => all.TryAdd(a.Name, a.Plan));
            grown = Now with { Study = Now.Study with { Candidates = all } };
            if (storesStudy)
            {
                AtomicFile.WriteText(stages.Layout.Study, StudyFile.Print(Now.Study, stages.Layout.Root));
            }
        }

        return added[0].Name;
    }

    private void Try(string name, CancellationToken cancellation)
    {
        Measurement measurement = new(Now.Study, stages.Layout, engines, half, stages.Report);
        CandidateStages candidates = new(Now, stages, engines, measurement, half, settings);
        candidates.ObtainIfMade(name, cancellation);
        foreach (string part in PartsOf(name))
        {
            candidates.MeasureForSelection(part, cancellation);
            tried.Add(part);
        }
    }

    /// <summary>Returns a training with the parts that need no further training.</summary>
    private string[] PartsOf(string name) =>
        [
            name,
            .. Now
                .Study.Candidates.Where(c =>
                    c.Value.From == name && c.Value is { Seed: null, MaxSteps: null, Form: null, GgufType: null }
                )
                .Select(c => c.Key),
        ];

    /// <summary>Returns candidates by the best of their parts, the best first.</summary>
    private IEnumerable<string> Ranked(IReadOnlyList<string> trained, double share)
    {
        Dictionary<string, string> armOf = [];
        foreach (string arm in trained)
        {
            Array.ForEach(PartsOf(Begin(arm, share)), p => armOf[p] = arm);
        }

        SelectionRun selection = new(Now, stages, engines, data, settings);
        return CandidateSelection
            .Ranked(selection.Selectables([.. armOf.Keys]), state.Study.Targets, state.Study.Margin / 100)
            .Select(c => armOf[c.Name])
            .Distinct();
    }

    private string Progress(SeekFile file, int k, int done)
    {
        double all = file.Planned.Sum(r => r.Share * r.Candidates),
            seconds = clock.Seconds(tried);
        double share = file.Planned[k].Share;
        string length =
            share >= 1 ? "in full" : string.Create(CultureInfo.InvariantCulture, $"at 1/{1 / share:0} of the steps");
        string left = Durations.Text(seconds / work * Math.Max(0, all - work));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"seek: round {k + 1} of {file.Planned.Count}, {done} of {file.Planned[k].Candidates} candidates "
                + $"{length}; {work:0.##} of {all:0.##} trainings' work done, "
                + $"{seconds / work:0} s each, about {left} left"
        );
    }

    private string[] Tried() => [.. Now.Study.Candidates.Keys.Where(tried.Contains)];

    private int FullSteps(string arm) => TrainSteps.Of(state.Study.Candidates[arm].Train!, Examples(arm));

    private int Examples(string arm) => data.TrainingOf(state.Study.Candidates[arm]).Texts.Count;
}
