using Fulcrum.Files;
using Fulcrum.Patterns;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Builds a task from the keys of a task file. Unsupported keys and values are refused by name.</summary>
internal static class HarnessConfigReader
{
    /// <summary>Reads a task.</summary>
    /// <param name="builtIn">Functions are those of built-in tasks.</param>
    /// <exception cref="InputException">A key is unknown or not supported; names file and key.</exception>
    public static HarnessConfig Read(string file, TemplateMap map, bool builtIn = false)
    {
        HarnessKeys keys = new(file, map);
        keys.Check(HarnessKeyNames.Task, HarnessKeyNames.Refused);
        HarnessOutput output = Output(keys);
        string exampleDelimiter = keys.Text("fewshot_delimiter", "\n\n");
        return new HarnessConfig(
            file,
            keys.Name("task") ?? Path.GetFileNameWithoutExtension(file),
            output,
            Source(keys),
            new HarnessSplits(keys.Name("training_split"), keys.Name("validation_split"), keys.Name("test_split")),
            Required(keys, "doc_to_text", false, output),
            Required(keys, "doc_to_target", true, output),
            output == HarnessOutput.MultipleChoice
                ? Required(keys, "doc_to_choice", true, output)
                : keys.Field("doc_to_choice", true),
            keys.Text("description", ""),
            keys.Text("target_delimiter", " "),
            exampleDelimiter,
            Examples(keys),
            keys.Number("num_fewshot"),
            Metrics(keys, output, builtIn),
            Generation(keys),
            keys.Number("repeats", 1) ?? 1,
            Filters(keys),
            keys.TextOrNull("gen_prefix"),
            Function(keys, "process_docs", builtIn),
            Function(keys, "process_results", builtIn)
        )
        {
            Digest = Sha256.OfTexts(HarnessTask.Json(map)!.ToJsonString()),
        };
    }

    private static YamlFunction? Function(HarnessKeys keys, string key, bool builtIn) =>
        keys[key] switch
        {
            null => null,
            YamlFunction function when builtIn => function,
            YamlFunction function => throw keys.Error(
                key,
                $"names the Python function {function.Name} (!function), which cannot be run"
            ),
            _ => throw keys.Error(key, "must name a function"),
        };

    private static object? Required(HarnessKeys keys, string key, bool lists, HarnessOutput output) =>
        keys.Field(key, lists)
        ?? (key == "doc_to_text" && output == HarnessOutput.Rolling ? "" : throw keys.Error(key, "is missing"));

    private static HarnessOutput Output(HarnessKeys keys) =>
        keys.TextOrNull("output_type") switch
        {
            null or "generate_until" => HarnessOutput.Written,
            "multiple_choice" => HarnessOutput.MultipleChoice,
            "loglikelihood" => HarnessOutput.LogLikelihood,
            "loglikelihood_rolling" => HarnessOutput.Rolling,
            var other => throw keys.Error(
                "output_type",
                $"is {other}; known are multiple_choice, loglikelihood, loglikelihood_rolling, generate_until"
            ),
        };

    private static HarnessSource Source(HarnessKeys keys)
    {
        HarnessKeys kwargs = keys.Inner("dataset_kwargs");
        kwargs.Check(new HashSet<string> { "data_files", "field", "trust_remote_code" });
        return new HarnessSource(
            keys.TextOrNull("dataset_path"),
            keys.Name("dataset_name"),
            Files(kwargs),
            kwargs.TextOrNull("field")
        );
    }

    private static Dictionary<string, IReadOnlyList<string>>? Files(HarnessKeys kwargs)
    {
        if (kwargs["data_files"] is not TemplateMap)
        {
            return kwargs.Texts("data_files") is { } one ? new(StringComparer.Ordinal) { ["train"] = one } : null;
        }

        HarnessKeys files = kwargs.Inner("data_files");
        return files.Names.ToDictionary(n => n, n => files.Texts(n) ?? [], StringComparer.Ordinal);
    }

    private static HarnessExamples Examples(HarnessKeys keys)
    {
        HarnessKeys own = keys.Inner("fewshot_config");
        own.Check(
            HarnessKeyNames.Examples,
            new Dictionary<string, string>
            {
                ["process_docs"] = "Python functions",
                ["fewshot_indices"] = "examples by their number",
            }
        );
        string sampler = own.Text("sampler", "default");
        return new HarnessExamples(
            sampler switch
            {
                "default" => false,
                "first_n" => true,
                _ => throw own.Error("sampler", $"is {sampler}; known are default, first_n"),
            },
            own.Name("split") ?? keys.Name("fewshot_split"),
            Samples(own),
            own.Field("doc_to_text"),
            own.Field("doc_to_target", true),
            own.Field("doc_to_choice", true),
            own.TextOrNull("gen_prefix"),
            own.TextOrNull("target_delimiter"),
            own.TextOrNull("fewshot_delimiter")
        );
    }

    private static List<TemplateMap>? Samples(HarnessKeys keys) =>
        keys["samples"] switch
        {
            null => null,
            List<object?> list =>
            [
                .. list.Select(i => i as TemplateMap ?? throw keys.Error("samples", "must be a list of mappings")),
            ],
            YamlFunction f => throw keys.Error(
                "samples",
                $"names the Python function {f.Name} (!function), which cannot be run"
            ),
            _ => throw keys.Error("samples", "must be a list of mappings"),
        };

    private static HarnessGeneration Generation(HarnessKeys keys)
    {
        HarnessKeys own = keys.Inner("generation_kwargs");
        own.Check(HarnessKeyNames.Generation);
        bool zero = own["temperature"] is 0L or 0.0,
            drawn = own["do_sample"] is true
                ? !zero
                : own["do_sample"] is null && !zero && own["temperature"] is not null;
        if (drawn)
        {
            throw own.Error(
                own["do_sample"] is true ? "do_sample" : "temperature",
                "asks for drawn replies; only greedy ones are supported"
            );
        }

        string[] limits = ["max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"];
        int most =
            limits.Select(l => own.Number(l, 1)).FirstOrDefault(n => n is not null) ?? HarnessGeneration.DefaultTokens;
        return new HarnessGeneration(own.Texts("until"), most);
    }

    private static IReadOnlyList<HarnessMetric> Metrics(HarnessKeys keys, HarnessOutput output, bool builtIn)
    {
        if (keys.Maps("metric_list") is not { } list)
        {
            return HarnessMetric.Default(output);
        }

        return [.. list.Select(m => Metric(m, output, builtIn))];
    }

    private static HarnessMetric Metric(HarnessKeys keys, HarnessOutput output, bool builtIn)
    {
        string name = keys.TextOrNull("metric") ?? throw keys.Error("metric", "is missing");
        keys.Check(HarnessKeyNames.Metric);
        HarnessScore score =
            HarnessMetric.Find(name) is { } found && (builtIn || HarnessMetric.Fits(found, output))
                ? found
                : throw keys.Error(
                    "metric",
                    $"is {name}, which a task of this output_type does not have; known are "
                        + string.Join(
                            ", ",
                            HarnessMetric.Known.Where(k => HarnessMetric.Fits(HarnessMetric.Find(k)!.Value, output))
                        )
                );
        HarnessMetric metric = new(
            score,
            keys.Texts("regexes_to_ignore"),
            keys.Flag("ignore_case"),
            keys.Flag("ignore_punctuation"),
            keys.Flag("ignore_numbers")
        );
        _ = metric.Ignored?.Select(p => keys.Pattern("regexes_to_ignore", p)).Count();
        string usual = HarnessMetric.Aggregation(score),
            aggregation = keys.Text("aggregation", usual);
        return aggregation == usual ? metric : throw keys.Error("aggregation", $"is {aggregation}; {name} has {usual}");
    }

    private static IReadOnlyList<HarnessPipeline> Filters(HarnessKeys keys) =>
        keys.Maps("filter_list") is not { } list
            ? [new HarnessPipeline("none", [new HarnessFilter.TakeFirst()])]
            : [.. list.Select(Pipeline)];

    private static HarnessPipeline Pipeline(HarnessKeys keys)
    {
        keys.Check(new HashSet<string> { "name", "filter" });
        return new HarnessPipeline(
            keys.Name("name") ?? throw keys.Error("name", "is missing"),
            [.. (keys.Maps("filter") ?? throw keys.Error("filter", "is missing")).Select(HarnessFilterReader.Read)]
        );
    }
}
