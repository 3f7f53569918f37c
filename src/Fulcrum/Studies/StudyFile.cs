using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Tasks;

namespace Fulcrum.Studies;

/// <summary>Reads and prints studies; what it returns is complete and checked.</summary>
public static class StudyFile
{
    private const int LargestFile = 1 << 20;

    /// <summary>Reads a study; folders in it become absolute (they are relative to the study's file).</summary>
    /// <exception cref="InputException">The file is missing, is not strict JSON, or a value is outside its range; names
    /// the file and the key.</exception>
    public static Study Load(string path)
    {
        Study study = Parse(ReadText(path), path);
        string home = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Check(study, path);
        return Chosen(study) with
        {
            Model = study.Model with { Folder = Path.GetFullPath(study.Model.Folder, home) },
            TrainingData = study.TrainingData.Located(p => Path.GetFullPath(p, home)),
            Benchmarks = [.. study.Benchmarks.Select(b => b.Located(p => Path.GetFullPath(p, home)))],
            NeutralText = study.NeutralText is { } text ? text with { File = Path.GetFullPath(text.File, home) } : null,
            Replay = study.Replay is { } replay ? replay with { Source = Path.GetFullPath(replay.Source, home) } : null,
        };
    }

    /// <summary>The study with the chosen adapter configuration in its training plan.</summary>
    private static Study Chosen(Study study) =>
        study.Lora is null ? study : With(study, study.LoraConfigurations![study.Lora]);

    private static Study With(Study study, LoraPlan lora) =>
        study with
        {
            Train = study.Train with
            {
                Rank = lora.Rank,
                Alpha = lora.Alpha,
                Dropout = lora.Dropout,
                TargetModules = lora.TargetModules,
            },
        };

    /// <summary>Reads a <c>train</c> section of its own: the <c>--config</c> of <c>fulcrum train</c>.</summary>
    /// <exception cref="InputException">As for <see cref="Load"/>.</exception>
    public static TrainPlan LoadTrainPlan(string path)
    {
        TrainPlan plan = Deserialize(ReadText(path), path, StudyJson.Default.TrainPlan, "train");
        Check(plan, path);
        return plan;
    }

    /// <summary>The study as JSON with every default filled in.</summary>
    public static string Print(Study study) => JsonSerializer.Serialize(study, StudyJson.Default.Study) + "\n";

    /// <summary>Parses a study's text without touching its paths.</summary>
    /// <exception cref="InputException">The text is not a study; names <paramref name="source"/> and the
    /// key.</exception>
    public static Study Parse(string text, string source) => Deserialize(text, source, StudyJson.Default.Study, "");

    /// <summary>Checks the ranges of a training plan.</summary>
    /// <exception cref="InputException">A value is outside its range; names it.</exception>
    public static void Check(TrainPlan plan, string source)
    {
        Require(plan.Epochs is > 0 and <= 10_000, source, "train.epochs", plan.Epochs, "1 to 10,000");
        Require(plan.BatchSize is > 0 and <= 1 << 20, source, "train.batchSize", plan.BatchSize, "at least 1");
        Require(
            double.IsFinite(plan.LearningRate) && plan.LearningRate >= 0,
            source,
            "train.learningRate",
            plan.LearningRate,
            "0 or more"
        );
        Require(
            double.IsFinite(plan.WeightDecay) && plan.WeightDecay >= 0,
            source,
            "train.weightDecay",
            plan.WeightDecay,
            "0 or more"
        );
        Require(plan.WarmupSteps >= 0, source, "train.warmupSteps", plan.WarmupSteps, "0 or more");
        Require(
            plan.MaxGradientNorm is null or > 0,
            source,
            "train.maxGradientNorm",
            plan.MaxGradientNorm,
            "above 0, or null for no clipping"
        );
        Require(plan.Rank is > 0 and <= 4096, source, "train.rank", plan.Rank, "1 to 4,096");
        Require(double.IsFinite(plan.Alpha) && plan.Alpha > 0, source, "train.alpha", plan.Alpha, "above 0");
        Require(plan.Dropout is >= 0 and < 1, source, "train.dropout", plan.Dropout, "0 to below 1");
        Require(
            plan.MaxTokens is null or > 1,
            source,
            "train.maxTokens",
            plan.MaxTokens,
            "2 or more, or null for the model's context"
        );
        Require(
            plan.CheckpointEvery is null or > 0,
            source,
            "train.checkpointEvery",
            plan.CheckpointEvery,
            "1 or more, or null for one an epoch"
        );
        Require(
            plan.TargetModules is null or { Count: > 0 },
            source,
            "train.targetModules",
            "[]",
            "at least one name, or null for q_proj, k_proj, v_proj, o_proj"
        );
        Require(
            plan.ValidationShare is >= 0 and < 1,
            source,
            "train.validationShare",
            plan.ValidationShare,
            "0 to below 1"
        );
        Require(
            plan.ValidationEvery is null || (plan.ValidationEvery > 0 && plan.ValidationShare > 0),
            source,
            "train.validationEvery",
            plan.ValidationEvery,
            "1 or more, only together with validationShare; null for one an epoch"
        );
        Require(
            plan.EarlyStoppingPatience is null || (plan.EarlyStoppingPatience > 0 && plan.ValidationShare > 0),
            source,
            "train.earlyStoppingPatience",
            plan.EarlyStoppingPatience,
            "1 or more, only together with validationShare; null for no early end"
        );
        Require(
            !plan.Truncate || plan.MaxTokens is not null,
            source,
            "train.truncate",
            plan.Truncate,
            "true only together with maxTokens"
        );
    }

    private static void Check(Study study, string source)
    {
        Require(
            InnerPath.IsPlainName(study.Name) && study.Name.Length <= 100,
            source,
            "name",
            study.Name,
            "a name without separators, at most 100 characters: the run folder may be called after it"
        );
        Require(study.Benchmarks.Count > 0, source, "benchmarks", "[]", "at least one benchmark");
        string? twice = study.Benchmarks.GroupBy(b => b.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        Require(twice is null, source, "benchmarks", twice, "names that differ");
        Require(study.Margin >= 0, source, "margin", study.Margin, "0 or more points");
        study.TrainingData.Check(source);
        Require(
            study.Model.Threads is null or > 0,
            source,
            "model.threads",
            study.Model.Threads,
            "1 or more, or null for all cores"
        );
        foreach (TaskPlan benchmark in study.Benchmarks)
        {
            benchmark.Check(source);
        }

        CheckLora(study, source);
        Check(Chosen(study).Train, source);
        CheckPoints(study, source);
    }

    private static void CheckLora(Study study, string source)
    {
        Require(
            study.NeutralText is null || study.AfterForm == ServingForm.Attached,
            source,
            "neutralText",
            study.NeutralText?.File,
            "null unless afterForm is beside: a merged model has no base left to be compared with"
        );
        Require(
            study.NeutralText is null or { MaxTokens: > 1 },
            source,
            "neutralText.maxTokens",
            study.NeutralText?.MaxTokens,
            "2 or more"
        );
        Require(
            study.NeutralText is null or { Texts: null or > 1 },
            source,
            "neutralText.texts",
            study.NeutralText?.Texts,
            "2 or more, or null for all"
        );
        IEnumerable<string> names =
            study.LoraConfigurations?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
        Require(
            (study.Lora is null) == (study.LoraConfigurations is null),
            source,
            "lora",
            study.Lora,
            "one of the names in loraConfigurations, and only together with them"
        );
        Require(
            study.Lora is null || names.Contains(study.Lora),
            source,
            "lora",
            study.Lora,
            $"one of {string.Join(", ", names)}"
        );
    }

    private static void CheckPoints(Study study, string source)
    {
        string? guard = study.OverrideGuards?.FirstOrDefault(g => !Guards.GuardLog.Names.Contains(g));
        Require(guard is null, source, "overrideGuards", guard, string.Join(", ", Guards.GuardLog.Names));
        string? stranger = study.Tasks?.FirstOrDefault(t => study.Benchmarks.All(b => b.Name != t));
        Require(
            study.Tasks is null or { Count: > 0 } && stranger is null,
            source,
            "tasks",
            stranger ?? "[]",
            "names of benchmarks of this study, at least one"
        );
        Require(
            study.Curve?.Lambdas is null || study.Curve.Lambdas.All(l => l is >= 0 and <= 2),
            source,
            "curve.lambdas",
            string.Join(", ", study.Curve?.Lambdas ?? []),
            "numbers from 0 to 2"
        );
        Require(
            study.Curve is not { Checkpoints: true } || study.Train.EarlyStoppingPatience is null,
            source,
            "curve.checkpoints",
            true,
            "false where training may end early (train.earlyStoppingPatience): how many checkpoints there will be is not known"
        );
        Require(
            study.ServingForms?.Contains(ServingForm.Attached) != true,
            source,
            "servingForms",
            "beside",
            "merged, unquantized-beside, unquantized-merged"
        );
        Require(
            study.Seeds is null || (study.Seeds.Count > 0 && study.Seeds.Distinct().Count() == study.Seeds.Count),
            source,
            "seeds",
            string.Join(", ", study.Seeds ?? []),
            "numbers that differ, at least one"
        );
        Require(
            study.Seeds is null || study.Train.Seed is null,
            source,
            "train.seed",
            study.Train.Seed,
            "null where seeds are listed: the first of them is the study's adapter"
        );
        Require(
            study.Replay is null or { Share: > 0 and < 1 },
            source,
            "replay.share",
            study.Replay?.Share,
            "above 0 and below 1"
        );
    }

    internal static void Require(bool holds, string source, string key, object? value, string wanted)
    {
        if (!holds)
        {
            throw new InputException($"{source}: {key} is {value ?? "null"}; wanted: {wanted}");
        }
    }

    private static T Deserialize<T>(string text, string source, JsonTypeInfo<T> type, string place)
    {
        try
        {
            StudyShape.Check(text, source, type, place);
            return JsonSerializer.Deserialize(text, type)!;
        }
        catch (JsonException e)
        {
            throw new InputException(
                string.IsNullOrWhiteSpace(text)
                    ? $"{source} is empty"
                    : $"{source} line {e.LineNumber + 1}: not valid JSON: {StrictJson.Sentence(e)}",
                e
            );
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            throw new InputException($"{source}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= LargestFile
                ? File.ReadAllText(path)
                : throw new InputException($"{path}: {length} bytes are too many for a study");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the study {path}: {e.Message}", e);
        }
    }
}
