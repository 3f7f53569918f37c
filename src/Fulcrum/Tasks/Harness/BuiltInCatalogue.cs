namespace Fulcrum.Tasks.Harness;

/// <summary>One line of the list of built-in tasks.</summary>
/// <param name="Name">The kind; <c>belebele_LANGUAGE</c> and <c>global_mmlu_XX</c> stand for one task a
/// language.</param>
/// <param name="Measures">In a few words.</param>
/// <param name="Items">Rows that are asked on the hub; of a family, of one language.</param>
/// <param name="Data">The data set's name on the hub.</param>
/// <param name="License">Of the data, as its card names it.</param>
/// <param name="RequestsPerItem">What the model is asked per item: continuations to score, or 1 reply to write.</param>
internal sealed record BuiltInTask(
    string Name,
    Ability Ability,
    string Measures,
    int Items,
    string Data,
    string License,
    int RequestsPerItem,
    bool Writes = false
);

/// <summary>The built-in tasks and the presets that are made of them.</summary>
internal static class BuiltInCatalogue
{
    /// <summary>Every built-in task; a family of languages has one line.</summary>
    public static IReadOnlyList<BuiltInTask> All { get; } =
    [
        new("mmlu", Ability.Knowledge, "57 subjects, by the letter", 14_042, "cais/mmlu", "MIT", 4),
        new("mmlu_continuation", Ability.Knowledge, "57 subjects, by the option's text", 14_042, "cais/mmlu", "MIT", 4),
        new("arc_easy", Ability.Knowledge, "school science, easy", 2_376, "allenai/ai2_arc", "CC BY-SA 4.0", 4),
        new("arc_challenge", Ability.Reasoning, "school science, hard", 1_172, "allenai/ai2_arc", "CC BY-SA 4.0", 4),
        new("hellaswag", Ability.Reasoning, "how an everyday scene goes on", 10_042, "Rowan/hellaswag", "MIT", 4),
        new("winogrande", Ability.Reasoning, "what a pronoun stands for", 1_267, "allenai/winogrande", "Apache-2.0", 2),
        new("piqa", Ability.Reasoning, "everyday physics", 1_838, "baber/piqa", "AFL-3.0", 2),
        new("openbookqa", Ability.Reasoning, "science facts, applied", 500, "allenai/openbookqa", "not stated", 4),
        new("commonsense_qa", Ability.Reasoning, "everyday concepts", 1_221, "tau/commonsense_qa", "MIT", 5),
        new(
            "bbh",
            Ability.Reasoning,
            "27 tasks that were hard for models, written",
            6_511,
            "SaylorTwift/bbh",
            "MIT",
            1,
            Writes: true
        ),
        new("gsm8k", Ability.Arithmetic, "word problems, written", 1_319, "openai/gsm8k", "MIT", 1, Writes: true),
        new(
            "ifeval",
            Ability.Instructions,
            "25 kinds of checkable instruction, written",
            541,
            "google/IFEval",
            "Apache-2.0",
            1,
            Writes: true
        ),
        new(
            "truthfulqa_mc1",
            Ability.Truthfulness,
            "the one true answer",
            817,
            "truthfulqa/truthful_qa",
            "Apache-2.0",
            5
        ),
        new(
            "truthfulqa_mc2",
            Ability.Truthfulness,
            "share of probability on true answers",
            817,
            "truthfulqa/truthful_qa",
            "Apache-2.0",
            7
        ),
        new("boolq", Ability.Reading, "yes or no, from a passage", 3_270, "aps/super_glue", "CC BY-SA 3.0", 2),
        new("sciq", Ability.Reading, "science exams, with a passage", 1_000, "allenai/sciq", "CC BY-NC 3.0", 4),
        new(
            "lambada_openai",
            Ability.Language,
            "the last word of a passage",
            5_153,
            "EleutherAI/lambada_openai",
            "MIT",
            1
        ),
        new(
            "wikitext",
            Ability.Language,
            "bits per byte of encyclopedia pages",
            62,
            "EleutherAI/wikitext_document_level",
            "CC BY-SA 3.0",
            1
        ),
        new(
            "belebele_LANGUAGE",
            Ability.Reading,
            "reading in one of 122 languages",
            900,
            "facebook/belebele",
            "CC BY-SA 4.0",
            4
        ),
        new(
            "global_mmlu_XX",
            Ability.Knowledge,
            "knowledge in one of 15 languages",
            400,
            "CohereForAI/Global-MMLU-Lite",
            "Apache-2.0",
            4
        ),
        new(
            "refusals",
            Ability.Safety,
            "harmful and harmless look-alike prompts, written",
            450,
            "Paul/XSTest",
            "CC BY 4.0",
            1,
            Writes: true
        ),
    ];

    /// <summary>Returns about how many tokens a model computes for an item in the default form: prompt, continuations,
    /// and four for each written token, which is slower.</summary>
    public static int TokensPerItem(BuiltInTask task) =>
        task.Name switch
        {
            "wikitext" => 4_700,
            "gsm8k" => 1_400,
            "ifeval" => 1_300,
            "bbh" => 800,
            "truthfulqa_mc1" or "truthfulqa_mc2" => 400,
            "refusals" => 400,
            "hellaswag" or "boolq" or "belebele_LANGUAGE" => 180,
            "sciq" or "mmlu" or "mmlu_continuation" or "global_mmlu_XX" => 130,
            "lambada_openai" => 85,
            _ => 60,
        };

    /// <summary>Returns the ability that a built-in task measures; null where the name is not known.</summary>
    public static Ability? AbilityOf(string name) =>
        All.FirstOrDefault(t => t.Name == name || IsOfFamily(name, t.Name))?.Ability;

    // belebele_LANGUAGE and global_mmlu_XX stand for every language.
    private static bool IsOfFamily(string name, string family) =>
        family.TrimEnd('X') is var stem
        && (family != stem || family.EndsWith("LANGUAGE", StringComparison.Ordinal))
        && name.StartsWith(stem.Replace("LANGUAGE", "", StringComparison.Ordinal), StringComparison.Ordinal);
}
