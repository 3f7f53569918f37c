namespace Fulcrum.Tasks.Harness;

/// <summary>The keys of task files.</summary>
internal static class HarnessKeyNames
{
    /// <summary>Keys of a task.</summary>
    public static readonly HashSet<string> Task =
    [
        "task",
        "task_alias",
        "tag",
        "dataset_path",
        "dataset_name",
        "dataset_kwargs",
        "training_split",
        "validation_split",
        "test_split",
        "fewshot_split",
        "fewshot_config",
        "num_fewshot",
        "doc_to_text",
        "doc_to_target",
        "doc_to_choice",
        "description",
        "target_delimiter",
        "fewshot_delimiter",
        "output_type",
        "generation_kwargs",
        "filter_list",
        "metric_list",
        "repeats",
        "gen_prefix",
        "metadata",
        "should_decontaminate",
        "doc_to_decontamination_query",
        "process_docs",
        "process_results",
        "group",
        "group_alias",
        "aggregate_metric_list",
    ];

    /// <summary>Keys that are refused, with what they ask for.</summary>
    public static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["custom_dataset"] = "data that a Python function makes",
        ["doc_to_image"] = "images",
        ["doc_to_audio"] = "sound",
        ["use_prompt"] = "prompts of promptsource",
        ["unsafe_code"] = "running code that a model wrote",
        ["class"] = "tasks that are written in Python",
        ["task_list"] = "several tasks in one mapping; write a file for each",
    };

    /// <summary>Keys of <c>fewshot_config</c>.</summary>
    public static readonly HashSet<string> Examples =
    [
        "sampler",
        "split",
        "samples",
        "doc_to_text",
        "doc_to_target",
        "doc_to_choice",
        "gen_prefix",
        "fewshot_delimiter",
        "target_delimiter",
    ];

    /// <summary>Keys of <c>generation_kwargs</c>.</summary>
    public static readonly HashSet<string> Generation =
    [
        "until",
        "do_sample",
        "temperature",
        "max_gen_toks",
        "max_new_tokens",
        "max_tokens",
        "max_completion_tokens",
        "top_p",
        "top_k",
        "num_beams",
    ];

    /// <summary>Keys of an entry of <c>metric_list</c>.</summary>
    public static readonly HashSet<string> Metric =
    [
        "metric",
        "aggregation",
        "higher_is_better",
        "hf_evaluate",
        "regexes_to_ignore",
        "ignore_case",
        "ignore_punctuation",
        "ignore_numbers",
        // Of a task it changes nothing; groups have it in their aggregate_metric_list.
        "weight_by_size",
    ];
}
