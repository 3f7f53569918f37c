using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Studies;

/// <summary>Expands what a study derives into named candidates, before anything runs.</summary>
internal static class Derivation
{
    /// <summary>Returns the study with every derived candidate named, and nothing left to derive.</summary>
    /// <param name="trainingExamples">The number of training examples of a candidate, which decides the steps of
    /// checkpoints.</param>
    public static Study Expand(Study study, Func<CandidatePlan, int> trainingExamples)
    {
        if (study.Derive is not { } derive)
        {
            return study;
        }

        Dictionary<string, CandidatePlan> all = new(study.Candidates, StringComparer.Ordinal);
        foreach ((string name, CandidatePlan candidate) in study.Candidates)
        {
            foreach ((string part, CandidatePlan derived) in Of(name, candidate, derive, trainingExamples(candidate)))
            {
                all.TryAdd($"{name}-{part}", derived);
                Sweep.RequireFew(all.Count, "", "derive");
            }
        }

        return study with
        {
            Candidates = all,
            Derive = null,
        };
    }

    /// <summary>Returns a candidate that is trained again in fewer steps, with the parts that the candidate itself has:
    /// its lambdas, and its checkpoints.</summary>
    /// <param name="name">A candidate with <c>train</c> of an expanded study.</param>
    /// <param name="train">The short training.</param>
    /// <param name="examples">The number of its training examples.</param>
    public static IEnumerable<(string Name, CandidatePlan Plan)> Shortened(
        Study study,
        string name,
        TrainPlan train,
        int examples
    )
    {
        string own = $"{name}-short-{train.MaxSteps}";
        CandidatePlan parent = new(From: own);
        CandidatePlan[] parts =
        [
            .. study.Candidates.Values.Where(c => c.From == name && c.Lambda is not null && c.Form is null),
        ];
        double[] lambdas = [.. parts.Select(c => c.Lambda!.Value).Distinct()];
        IReadOnlyList<int> steps = parts.Any(c => c.Step is not null) ? TrainSteps.Checkpoints(train, examples) : [];
        return
        [
            (own, new CandidatePlan(From: name, MaxSteps: train.MaxSteps)),
            .. Lambdas(parent, lambdas, null)
                .Concat(steps.SelectMany(s => Lambdas(parent, lambdas, s)))
                .Select(p => ($"{own}-{p.Item1}", p.Item2)),
        ];
    }

    private static IEnumerable<(string Part, CandidatePlan Plan)> Of(
        string name,
        CandidatePlan candidate,
        DerivePlan derive,
        int trainingExamples
    )
    {
        bool adapted = candidate.Way is CandidateWay.Train or CandidateWay.Adapter or CandidateWay.Command;
        CandidatePlan parent = new(From: name);
        return
        [
            .. adapted ? Lambdas(parent, derive.Lambda, null) : [],
            .. derive.Checkpoints && candidate.Train is { } train
                ? TrainSteps
                    .Checkpoints(train, trainingExamples)
                    .SelectMany(s => Lambdas(parent, derive.Lambda ?? [1], s))
                : [],
            .. candidate.Train is null ? [] : Seeds(parent, derive.Seeds, candidate.Train.Seed),
            .. adapted ? (derive.Forms ?? []).Select(f => (EnumNames.Of(f), parent with { Form = f })) : [],
            .. candidate.Way is CandidateWay.Gguf or CandidateWay.Endpoint or CandidateWay.Replies
                ? []
                : (derive.Gguf ?? []).Distinct().Select(t => (EnumNames.Of(t), parent with { GgufType = t })),
        ];
    }

    // Lambda 0 is the base, and lambda 1 of the finished adapter is the candidate itself.
    private static IEnumerable<(string, CandidatePlan)> Lambdas(
        CandidatePlan parent,
        IReadOnlyList<double>? lambdas,
        int? step
    ) =>
        (lambdas ?? [])
            .Distinct()
            .Order()
            .Where(l => l != 0 && (l != 1 || step is not null))
            .Select(l => (PartOf(l, step), parent with { Lambda = l, Step = step }));

    private static string PartOf(double lambda, int? step)
    {
        string part = $"lambda-{lambda.ToString(CultureInfo.InvariantCulture)}";
        return step is null ? part
            : lambda == 1 ? $"step-{step}"
            : $"step-{step}-{part}";
    }

    private static IEnumerable<(string, CandidatePlan)> Seeds(
        CandidatePlan parent,
        IReadOnlyList<int>? seeds,
        int? own
    ) => (seeds ?? []).Where(s => s != own).Select(s => ($"seed-{s}", parent with { Seed = s }));
}
