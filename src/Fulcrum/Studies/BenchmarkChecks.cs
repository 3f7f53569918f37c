using System.Text.RegularExpressions;

namespace Fulcrum.Studies;

/// <summary>What must hold of the benchmarks and the training data of a study, and where their files lie.</summary>
internal static class BenchmarkChecks
{
    /// <exception cref="InputException">A value is outside its range; names the benchmark and the key.</exception>
    public static void Check(BenchmarkPlan benchmark, string source)
    {
        string name = benchmark.Name;
        Require(
            name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
            source,
            "benchmarks.name",
            name,
            "letters, digits, - and _"
        );
        switch (benchmark)
        {
            case SpiderPlan spider:
                Check(spider, source);
                break;
            case MmluPlan mmlu:
                Check(mmlu, source);
                break;
            case MultipleChoicePlan choice:
                Check(choice, source);
                break;
            case GenerationPlan generation:
                Check(generation, source);
                break;
        }
    }

    /// <exception cref="InputException">As for benchmarks.</exception>
    public static void Check(TrainingDataPlan data, string source)
    {
        Require(
            data.Examples is null or > 0,
            source,
            "trainingData.examples",
            data.Examples,
            "1 or more, or null for all"
        );
        Require(
            (data.Folder is null) != (data.File is null),
            source,
            "trainingData",
            data.Folder is null ? "neither folder nor file" : "folder and file",
            "either folder or file"
        );
        Require(data.Prompt is "chat" or "plain", source, "trainingData.prompt", data.Prompt, "chat or plain");
    }

    /// <summary>The plan with absolute paths.</summary>
    /// <param name="home">The folder of the study's file.</param>
    public static BenchmarkPlan AtHome(BenchmarkPlan plan, string home) =>
        plan switch
        {
            SpiderPlan spider => spider with { Folder = Path.GetFullPath(spider.Folder, home) },
            MmluPlan mmlu => mmlu with { Folder = Path.GetFullPath(mmlu.Folder, home) },
            MultipleChoicePlan choice => choice with
            {
                File = Path.GetFullPath(choice.File, home),
                ExamplesFile = choice.ExamplesFile is { } examples ? Path.GetFullPath(examples, home) : null,
            },
            GenerationPlan generation => generation with { File = Path.GetFullPath(generation.File, home) },
            _ => plan,
        };

    /// <summary>The plan with absolute paths.</summary>
    public static TrainingDataPlan AtHome(TrainingDataPlan plan, string home) =>
        plan with
        {
            Folder = plan.Folder is { } folder ? Path.GetFullPath(folder, home) : null,
            File = plan.File is { } file ? Path.GetFullPath(file, home) : null,
        };

    private static void Check(SpiderPlan spider, string source)
    {
        string name = spider.Name;
        Require(spider.Items is null or > 0, source, $"{name}.items", spider.Items, "1 or more, or null for all");
        Require(
            spider.Semantics is "official" or "strict" or "notebook",
            source,
            $"{name}.semantics",
            spider.Semantics,
            "official, strict or notebook"
        );
        Require(spider.MaxNewTokens > 0, source, $"{name}.maxNewTokens", spider.MaxNewTokens, "1 or more");
        Require(
            spider.TimeLimitSeconds is > 0 and <= 3600,
            source,
            $"{name}.timeLimitSeconds",
            spider.TimeLimitSeconds,
            "above 0, at most 3,600"
        );
        Require(spider.Prompt is "chat" or "raw3", source, $"{name}.prompt", spider.Prompt, "chat or raw3");
        Require(
            spider.PromptBefore is null or "chat" or "raw3",
            source,
            $"{name}.promptBefore",
            spider.PromptBefore,
            "chat, raw3, or null for the same on both sides"
        );
        Require(
            spider.Reading is "query" or "after-marker",
            source,
            $"{name}.reading",
            spider.Reading,
            "query or after-marker"
        );
        Require(
            spider.Sample is "stratified" or "first",
            source,
            $"{name}.sample",
            spider.Sample,
            "stratified or first"
        );
        CheckDecoding(source, name, spider.Decoding);
    }

    private static void Check(MmluPlan mmlu, string source)
    {
        Require(mmlu.Shots is >= 0 and <= 5, source, $"{mmlu.Name}.shots", mmlu.Shots, "0 to 5");
        Require(
            mmlu.ItemsPerSubject is null or > 0,
            source,
            $"{mmlu.Name}.itemsPerSubject",
            mmlu.ItemsPerSubject,
            "1 or more, or null for all"
        );
        Require(
            mmlu.Subjects is null or { Count: > 0 },
            source,
            $"{mmlu.Name}.subjects",
            "[]",
            "at least one subject, or null for all"
        );
        CheckReading(source, mmlu.Name, mmlu.Reading, mmlu.Prompt, mmlu.Rotations, mmlu.MaxNewTokens);
        CheckDecoding(source, mmlu.Name, mmlu.Decoding);
    }

    private static void Check(MultipleChoicePlan choice, string source)
    {
        string name = choice.Name;
        Require(
            choice.Options is null or { Count: > 0 },
            source,
            $"{name}.options",
            "[]",
            "the names of the options' columns, or of one that holds a list"
        );
        Require(
            choice.AnswerForm is "letter" or "index" or "text",
            source,
            $"{name}.answerForm",
            choice.AnswerForm,
            "letter, index or text"
        );
        Require(choice.Items is null or > 0, source, $"{name}.items", choice.Items, "1 or more, or null for all");
        Require(
            choice.Shots >= 0 && (choice.Shots == 0 || choice.ExamplesFile is not null),
            source,
            $"{name}.shots",
            choice.Shots,
            "0, or more together with examplesFile"
        );
        CheckReading(source, name, choice.Reading, choice.Prompt, choice.Rotations, choice.MaxNewTokens);
        CheckDecoding(source, name, choice.Decoding);
    }

    private static void Check(GenerationPlan generation, string source)
    {
        string name = generation.Name;
        Require(
            generation.Matching is "exact" or "normalised" or "number" or "regex" or "contains",
            source,
            $"{name}.matching",
            generation.Matching,
            "exact, normalised, number, regex or contains"
        );
        Require(
            double.IsFinite(generation.Tolerance) && generation.Tolerance >= 0,
            source,
            $"{name}.tolerance",
            generation.Tolerance,
            "0 or more"
        );
        Require(
            generation.RegexTimeLimitSeconds is > 0 and <= 60,
            source,
            $"{name}.regexTimeLimitSeconds",
            generation.RegexTimeLimitSeconds,
            "above 0, at most 60"
        );
        Require(
            generation.Items is null or > 0,
            source,
            $"{name}.items",
            generation.Items,
            "1 or more, or null for all"
        );
        Require(generation.Prompt is "chat" or "plain", source, $"{name}.prompt", generation.Prompt, "chat or plain");
        Require(generation.MaxNewTokens > 0, source, $"{name}.maxNewTokens", generation.MaxNewTokens, "1 or more");
        Require(
            generation.Extract is null || HasGroup(generation.Extract),
            source,
            $"{name}.extract",
            generation.Extract,
            "a regular expression with one group, (...), around the answer"
        );
        CheckDecoding(source, name, generation.Decoding);
    }

    private static void CheckReading(
        string source,
        string name,
        string reading,
        string prompt,
        int rotations,
        int maxNewTokens
    )
    {
        Require(
            reading is "letter" or "cloze" or "cloze-normalised" or "generated" or "last-character",
            source,
            $"{name}.reading",
            reading,
            "letter, cloze, cloze-normalised, generated or last-character"
        );
        Require(prompt is "plain" or "chat", source, $"{name}.prompt", prompt, "plain or chat");
        Require(
            rotations is >= 0 and <= 25,
            source,
            $"{name}.rotations",
            rotations,
            "0 to one less than the number of options"
        );
        Require(
            rotations == 0 || !reading.StartsWith("cloze", StringComparison.Ordinal),
            source,
            $"{name}.rotations",
            rotations,
            "0 where the options are not shown"
        );
        Require(maxNewTokens > 0, source, $"{name}.maxNewTokens", maxNewTokens, "1 or more");
    }

    private static void CheckDecoding(string source, string name, string decoding) =>
        Require(
            decoding is "greedy" or "generation-config",
            source,
            $"{name}.decoding",
            decoding,
            "greedy or generation-config"
        );

    private static bool HasGroup(string pattern)
    {
        try
        {
            return new Regex(pattern).GetGroupNumbers().Length > 1;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Require(bool holds, string source, string key, object? value, string wanted) =>
        StudyFile.Require(holds, source, key, value, wanted);
}
