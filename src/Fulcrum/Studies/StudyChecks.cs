using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Tasks;

namespace Fulcrum.Studies;

/// <summary>Checks a complete study, including conditions that involve several keys.</summary>
internal static class StudyChecks
{
    private const int MostNamed = 8;

    // How many times a candidate may be derived from a derived one.
    private const int LongestChain = 16;

    /// <exception cref="InputException">A value is outside its range; names the key.</exception>
    public static void Check(Study study, string source)
    {
        if (Sweep.IsIn(study))
        {
            Check(Sweep.Expand(study, source), source);
            return;
        }

        const string Names =
            "a name without separators, up to 100 characters, because the run folder may have this name";
        bool named = study.Name is null || (RelativeName.IsPlain(study.Name) && study.Name.Length <= 100);
        Wanted.That(named, source, "name", study.Name, Names);
        Wanted.That(
            study.Base.Threads is null or > 0,
            source,
            "base.threads",
            study.Base.Threads,
            "1 or more, or null"
        );
        Wanted.That(study.Margin >= 0, source, "margin", study.Margin, "0 or more percentage points");
        CheckTasks(study, source);
        CheckCandidates(study, source);
        CheckRest(study, source);
    }

    private static void CheckTasks(Study study, string source)
    {
        Wanted.That(study.Tasks.Count > 0, source, "tasks", "{}", "at least one task");
        foreach (TaskPlan task in study.NamedTasks)
        {
            task.Check(source);
        }

        foreach ((string key, TaskPlan task) in study.Tasks)
        {
            Wanted.That(
                task.Name is "" || task.Name == key,
                source,
                $"tasks.{key}.name",
                task.Name,
                "none: the key names it"
            );
        }
    }

    private static void CheckCandidates(Study study, string source)
    {
        const string Letters = "1 to 100 letters, digits, ., _ and -";
        bool trains = study.Candidates.Values.Any(c => c.Train is not null);
        const string Trainable = "f32, bf16, f16 or auto: a candidate is trained, and int8 is for measuring only";
        Wanted.That(!trains || study.Base.Dtype != Dtype.Int8, source, "base.dtype", "int8", Trainable);
        foreach ((string name, CandidatePlan candidate) in study.Candidates)
        {
            Wanted.That(IsName(name), source, "the name of a candidate", name, Letters);
            candidate.Check(source, name);
            if (candidate.From is { } from)
            {
                bool known = study.Candidates.ContainsKey(from) && from != name;
                Wanted.That(known, source, $"candidates.{name}.from", from, known ? "" : OtherThan(name, study));
            }

            if (candidate.Replies is { } replies)
            {
                CheckReplies(replies, $"candidates.{name}.replies", study, source);
            }
        }

        RefuseBaseAsCandidate(study, source);
        RefuseCircles(study, source);
        bool trained = study.Candidates.Values.Any(c => c.Way is CandidateWay.Train or CandidateWay.Command);
        Wanted.That(
            !trained || study.TrainingData is not null,
            source,
            "trainingData",
            null,
            "data for the candidates that are trained"
        );
    }

    private static void CheckReplies(
        IReadOnlyDictionary<string, string> replies,
        string place,
        Study study,
        string source
    )
    {
        string? other = replies.Keys.FirstOrDefault(t => !study.Tasks.ContainsKey(t));
        string names = string.Join(", ", study.Tasks.Keys);
        Wanted.That(other is null, source, place, other, $"tasks of the study: {names}");
        string? missing = study.Tasks.Keys.FirstOrDefault(t => !replies.ContainsKey(t));
        Wanted.That(missing is null, source, place, "incomplete", $"a file for the task {missing} too");
    }

    // A study of many lambdas has thousands of names.
    private static string OtherThan(string name, Study study)
    {
        string[] others = [.. study.Candidates.Keys.Where(n => n != name)];
        string more = others.Length > MostNamed ? $" and {others.Length - MostNamed} more" : "";
        return $"another candidate: {string.Join(", ", others.Take(MostNamed))}{more}";
    }

    private static void RefuseCircles(Study study, string source)
    {
        const string Ends = "a candidate that is not derived itself, after at most 16 others";
        foreach ((string name, CandidatePlan candidate) in study.Candidates)
        {
            CandidatePlan plan = candidate;
            for (int i = 0; i < LongestChain && plan.From is { } from; i++)
            {
                plan = study.Candidates[from];
            }

            Wanted.That(plan.From is null, source, $"candidates.{name}.from", candidate.From, Ends);
        }
    }

    private static void RefuseBaseAsCandidate(Study study, string source)
    {
        foreach ((string name, CandidatePlan candidate) in study.Candidates)
        {
            bool same = candidate.Model is { } model && SamePlace(model, study.Base.Model);
            Wanted.That(!same, source, $"candidates.{name}.model", candidate.Model, "another folder than the base's");
        }
    }

    private static bool SamePlace(string first, string second) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(first))
        == Path.TrimEndingDirectorySeparator(Path.GetFullPath(second));

    private static void CheckRest(Study study, string source)
    {
        study.TrainingData?.Check(source);
        string? guard = study.OverrideGuards?.FirstOrDefault(g => !GuardNames.All.Contains(g));
        Wanted.That(guard is null, source, "overrideGuards", guard, string.Join(", ", GuardNames.All));
        Wanted.That(
            study.NeutralText is null or { MaxTokens: > 1 },
            source,
            "neutralText.maxTokens",
            study.NeutralText?.MaxTokens,
            "2 or more"
        );
        Wanted.That(
            study.NeutralText is null or { Texts: null or > 1 },
            source,
            "neutralText.texts",
            study.NeutralText?.Texts,
            "2 or more, or null for all"
        );
        study.Replay?.Check(source, "replay");
        bool margin = study.Seek?.Margin is null or >= 0;
        Wanted.That(margin, source, "seek.margin", study.Seek?.Margin, "0 or more percentage points");
        study.Seek?.Check(source, study.Candidates.Values.Count(c => c.Train is not null));
        if (study.Derive is { } derive)
        {
            CheckDerive(derive, study, source);
        }
    }

    private static void CheckDerive(DerivePlan derive, Study study, string source)
    {
        bool areLambdas = derive.Lambda is null || derive.Lambda.All(l => l is >= 0 and <= 2);
        string lambdas = string.Join(", ", derive.Lambda ?? []);
        Wanted.That(areLambdas, source, "derive.lambda", lambdas, "numbers from 0 to 2");
        bool areDistinct = derive.Seeds is null || derive.Seeds.Distinct().Count() == derive.Seeds.Count;
        string seeds = string.Join(", ", derive.Seeds ?? []);
        Wanted.That(areDistinct, source, "derive.seeds", seeds, "numbers that differ");
        bool mayStopEarly = study.Candidates.Values.Any(c => c.Train?.EarlyStoppingPatience is not null);
        Wanted.That(
            !derive.Checkpoints || !mayStopEarly,
            source,
            "derive.checkpoints",
            true,
            "false where training may stop early: the number of checkpoints is unknown"
        );
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 100
        && name[0] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
