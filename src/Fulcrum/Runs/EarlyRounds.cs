using System.Globalization;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Evaluates base and candidates look by look, each task until its decision is made.</summary>
/// <remarks>The base is evaluated on the items of a look only if a candidate still needs them. The next look depends
/// only on the answers, so an interrupted run repeats the looks from the stored answers and then continues.</remarks>
/// <param name="orders">By task, the order of its items.</param>
/// <param name="required">By task, additional bounds that must be decided; null: none.</param>
internal sealed class EarlyRounds(
    RunState state,
    Stages stages,
    Measurement measurement,
    CandidateStages candidates,
    Corpus data,
    IReadOnlyDictionary<string, AskingOrder> orders,
    IReadOnlyDictionary<string, IReadOnlyList<RequiredBound>>? required
)
{
    /// <summary>The name of the stage.</summary>
    public const string Name = "looks";

    private readonly Dictionary<(string Place, string Task), int> done = [];
    private readonly Dictionary<string, IReadOnlyDictionary<string, Answer[]>> replies = new(StringComparer.Ordinal);

    /// <summary>Asks until every task is decided for every candidate.</summary>
    /// <returns>How far each task was asked.</returns>
    public LooksFile Run(CancellationToken cancellation)
    {
        IReadOnlyList<string> names = state.Compared;
        string inputs = Sha256.OfTexts([state.BaseInputs, .. names.Select(candidates.InputsOf)]);
        stages.Run(Name, inputs, () => [Path.GetFileName(stages.Layout.Looks)], () => Ask(cancellation));
        return LooksFile.Read(stages.Layout);
    }

    /// <summary>Asks the base the items of the first look, without a candidate.</summary>
    public void AskBase(CancellationToken cancellation) => AskBase(Tasks(), 0, cancellation);

    /// <summary>Returns by task how far a place is measured in the end.</summary>
    public IReadOnlyDictionary<string, Extent> Extents(Func<AskedTaskLooks, int> items, LooksFile file) =>
        file.Tasks.ToDictionary(
            t => t.Key,
            t => new Extent(items(t.Value), orders[t.Key].BatchEnds(Evaluator.Portion), Last: true),
            StringComparer.Ordinal
        );

    private DecidedTask[] Tasks() =>
        [
            .. data.Tasks.Zip(
                state.Study.NamedTasks,
                (task, plan) =>
                    new DecidedTask(
                        task,
                        plan,
                        orders[task.Name],
                        LookPlan.Of(orders[task.Name].Looks),
                        StudyComparison.RuleOf(state.Study, plan) with
                        {
                            Further = required?.GetValueOrDefault(task.Name)?.Select(b => b.Points / 100).ToArray(),
                        }
                    )
            ),
        ];

    private IReadOnlyList<string> Ask(CancellationToken cancellation)
    {
        DecidedTask[] tasks = Tasks();
        IReadOnlyList<string> names = state.Compared;
        for (int look = 0; tasks.Any(t => t.Ended.Count < names.Count); look++)
        {
            AskBase([.. tasks.Where(t => t.Ended.Count < names.Count)], look, cancellation);
            foreach (string name in names)
            {
                DecidedTask[] open = [.. tasks.Where(t => !t.Ended.ContainsKey(name))];
                if (open.Length > 0)
                {
                    AskCandidate(name, open, look, cancellation);
                    open.ToList().ForEach(t => Decide(t, name, look));
                }
            }
        }

        new LooksFile(tasks.ToDictionary(t => t.Task.Name, t => t.Asked())).Write(stages.Layout);
        return [Path.GetFileName(stages.Layout.Looks)];
    }

    private void AskBase(DecidedTask[] open, int look, CancellationToken cancellation)
    {
        Ask(RunLayout.Base, state.BaseInputs, state.Study.Base.Spec, open, look, cancellation);
        GuardLog guards = new(RunLayout.Base);
        string folder = state.Study.Base.Spec.Source is ModelSource.Folder source ? source.Path : "";
        Dictionary<string, ITask> asked = measurement.TasksOf(RunLayout.Base).ToDictionary(t => t.Name);
        foreach (DecidedTask task in open)
        {
            IReadOnlyList<Answer> answers = measurement.AnswersSoFar(
                RunLayout.Base,
                task.Task.Name,
                task.Plan.Asked[look]
            );
            MeasurementGuards.Check(guards, asked[task.Task.Name], task.Settings, answers, folder, before: true);
        }

        GuardLog.Refuse(guards.Results, state.Study);
    }

    private void AskCandidate(string name, DecidedTask[] open, int look, CancellationToken cancellation)
    {
        if (candidates.SpecOf(name) is { } spec)
        {
            Ask(RunLayout.Candidate(name), candidates.InputsOf(name), spec, open, look, cancellation);
        }
        else if (!replies.ContainsKey(name))
        {
            replies[name] = GivenReplies.Grade(state.Study.Candidates[name], data);
        }
    }

    /// <summary>Opens a model only if answers are missing.</summary>
    private void Ask(
        string place,
        string inputs,
        ModelSpec spec,
        DecidedTask[] open,
        int look,
        CancellationToken cancellation
    )
    {
        Dictionary<string, Extent> missing = open.Where(t =>
                done.GetValueOrDefault((place, t.Task.Name)) < t.Plan.Asked[look]
            )
            .ToDictionary(
                t => t.Task.Name,
                t => new Extent(t.Plan.Asked[look], t.Order.BatchEnds(Evaluator.Portion), Last: false)
            );
        if (missing.Count == 0)
        {
            return;
        }

        // What is warned of here concerns the stage that measures the place.
        string stage = place == RunLayout.Base ? place : $"{place}/measure";
        IReadOnlyDictionary<string, int> asked = stages.For(
            stage,
            () => measurement.Ask(Name, place, inputs, spec, missing, cancellation)
        );
        foreach ((string task, int count) in asked)
        {
            done[(place, task)] = count;
        }
    }

    private void Decide(DecidedTask task, string name, int look)
    {
        (string id, int asked) = (task.Task.Name, task.Plan.Asked[look]);
        IReadOnlyList<Answer> after = replies.TryGetValue(name, out IReadOnlyDictionary<string, Answer[]>? given)
            ? given[id]
            : measurement.AnswersSoFar(RunLayout.Candidate(name), id, asked);
        Look seen = EarlyComparison.At(
            id,
            task.Plan,
            look,
            measurement.AnswersSoFar(RunLayout.Base, id, asked),
            after,
            task.Rule
        );
        if (seen.Stops)
        {
            task.Ended.Add(name, asked);
        }

        stages.Report(new RunEvent.Noted(Said(task, name, seen)));
    }

    private string Said(DecidedTask task, string name, Look seen)
    {
        string outcome = seen.Outcome switch
        {
            LookOutcome.Above => "decided: above the limit",
            LookOutcome.Below => "decided: below the limit",
            LookOutcome.Futile => "stopped: the remaining items are unlikely to decide it",
            LookOutcome.Open => "all items are asked, not decided",
            _ => "not decided yet",
        };
        string of = state.Compared.Count > 1 ? $"{name}, " : "";
        Difference e = seen.Estimate.ToDifference();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{of}{task.Task.Name}: {seen.Asked} of {task.Plan.Asked[^1]} items asked, difference "
                + $"{e.Points * 100:+0.0;-0.0;0.0} points ({e.Low * 100:+0.0;-0.0;0.0} to "
                + $"{e.High * 100:+0.0;-0.0;0.0}), limit {task.Rule.Limit * 100:+0.#;-0.#;0}: {outcome}"
        );
    }

    /// <summary>One task with the candidates for which it is decided.</summary>
    private sealed record DecidedTask(ITask Task, TaskPlan Settings, AskingOrder Order, LookPlan Plan, EarlyRule Rule)
    {
        /// <summary>By candidate, the items after which the task ended.</summary>
        public SortedDictionary<string, int> Ended { get; } = new(StringComparer.Ordinal);

        public AskedTaskLooks Asked() => new(Plan.Asked, Ended.Values.Max(), Ended);
    }
}
