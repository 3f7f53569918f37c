using System.Text.Json.Serialization;
using Fulcrum.Data;

namespace Fulcrum.Models;

/// <summary>How the learning rate changes after the warm-up.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Schedule>))]
public enum Schedule
{
    /// <summary>Falls linearly to 0 at the last step.</summary>
    [JsonStringEnumMemberName("linear")]
    Linear,

    /// <summary>Falls to 0 along half a cosine.</summary>
    [JsonStringEnumMemberName("cosine")]
    Cosine,

    /// <summary>Stays at the peak rate.</summary>
    [JsonStringEnumMemberName("constant")]
    Constant,
}

/// <summary>The optimiser and where it keeps its state.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OptimizerKind>))]
public enum OptimizerKind
{
    /// <summary>AdamW with float32 state (arXiv:1711.05101).</summary>
    [JsonStringEnumMemberName("adamw")]
    AdamW,

    /// <summary>AdamW with block-wise 8-bit state (arXiv:2110.02861).</summary>
    [JsonStringEnumMemberName("adamw8bit")]
    AdamW8Bit,

    /// <summary>AdamW with 8-bit state in memory-mapped pages.</summary>
    [JsonStringEnumMemberName("paged-adamw8bit")]
    PagedAdamW8Bit,
}

/// <summary>Which examples share a batch.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Grouping>))]
public enum Grouping
{
    /// <summary>Batches of randomly shuffled examples.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Examples of one cluster, so that their shared prefix is computed once.</summary>
    [JsonStringEnumMemberName("cluster")]
    Cluster,
}

/// <summary>The tokens on which the loss is taken.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LossTokens>))]
public enum LossTokens
{
    /// <summary>The tokens of the completions.</summary>
    [JsonStringEnumMemberName("completion")]
    Completion,

    /// <summary>The tokens of prompts and completions.</summary>
    [JsonStringEnumMemberName("all")]
    All,
}

/// <summary>How an adapter is trained; also the <c>--config</c> of <c>fulcrum train</c>.</summary>
/// <param name="Epochs">Passes over the data.</param>
/// <param name="BatchSize">Examples of one optimiser step (the effective batch).</param>
/// <param name="LearningRate">Peak rate.</param>
/// <param name="WeightDecay">Decoupled (arXiv:1711.05101).</param>
/// <param name="Schedule"><c>linear</c>, <c>cosine</c> or <c>constant</c>, after the warm-up.</param>
/// <param name="WarmupSteps">In step k = 0, 1, ... of the warm-up the rate is rate · k / warmupSteps.</param>
/// <param name="MaxGradientNorm">Null: no clipping.</param>
/// <param name="Optimizer"><c>adamw</c>, <c>adamw8bit</c> or <c>paged-adamw8bit</c>.</param>
/// <param name="Rank">LoRA's r.</param>
/// <param name="Alpha">LoRA's alpha; the update is scaled by alpha / r.</param>
/// <param name="Dropout">On the adapter's input, training only.</param>
/// <param name="TargetModules">Names of the projections that get an adapter; null: q_proj, k_proj, v_proj,
/// o_proj.</param>
/// <param name="MaxTokens">A longer example is an error that names it; null: the model's context.</param>
/// <param name="Seed">Null: the study's.</param>
/// <param name="GradientCheckpointing">Recompute each layer in the backward pass instead of keeping its
/// activations.</param>
/// <param name="CheckpointEvery">Steps between checkpoints; null: one an epoch.</param>
/// <param name="RsLora">Scale by alpha / sqrt(r) (arXiv:2312.03732).</param>
/// <param name="Grouping"><c>cluster</c>: examples of a cluster share a batch and so their common beginning;
/// <c>none</c>: plain shuffling.</param>
/// <param name="Dora">Train a magnitude for every row of an adapted weight beside the update (DoRA,
/// arXiv:2402.09353).</param>
/// <param name="ModulesToSave">Fully trained modules: <c>lm_head</c>, <c>embed_tokens</c>; null: none.</param>
/// <param name="Loss"><c>completion</c>: on completions only; <c>all</c>: on the prompt too.</param>
/// <param name="Truncate">Cut an example that is longer than <paramref name="MaxTokens"/> instead of refusing it; what
/// was cut is counted and reported.</param>
/// <param name="ValidationShare">Of the training examples, how large a part is held out, 0 to below 1; the adapter is
/// then the one of the lowest loss on it. 0: none, and the adapter is the last one.</param>
/// <param name="ValidationEvery">Steps between validations; null: one an epoch. The last step is always
/// validated.</param>
/// <param name="EarlyStoppingPatience">Training ends after this number of consecutive validations without a lower loss;
/// null: it
/// never ends early.</param>
/// <param name="MaxSteps">Training has at most this many optimiser steps, and the schedule of the learning rate spans
/// them; null: all epochs.</param>
public sealed record TrainPlan(
    int Epochs = 1,
    int BatchSize = 8,
    double LearningRate = 2e-4,
    double WeightDecay = 0,
    Schedule Schedule = Schedule.Linear,
    int WarmupSteps = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? MaxGradientNorm = 1,
    OptimizerKind Optimizer = OptimizerKind.AdamW,
    int Rank = 8,
    double Alpha = 16,
    double Dropout = 0,
    IReadOnlyList<string>? TargetModules = null,
    int? MaxTokens = null,
    int? Seed = null,
    bool GradientCheckpointing = false,
    int? CheckpointEvery = null,
    bool RsLora = false,
    Grouping Grouping = Grouping.None,
    bool Dora = false,
    IReadOnlyList<string>? ModulesToSave = null,
    LossTokens Loss = LossTokens.Completion,
    bool Truncate = false,
    double ValidationShare = 0,
    int? ValidationEvery = null,
    int? EarlyStoppingPatience = null,
    int? MaxSteps = null
)
{
    /// <summary>Checks every value.</summary>
    /// <param name="source">The file, for the message.</param>
    /// <param name="place">The place of the plan in the file, for the message.</param>
    /// <exception cref="InputException">A value is outside its range; names it.</exception>
    public void Check(string source, string place = "train")
    {
        Require(Epochs is > 0 and <= 10_000, "epochs", Epochs, "1 to 10,000");
        Require(BatchSize is > 0 and <= 1 << 20, "batchSize", BatchSize, "at least 1");
        Require(double.IsFinite(LearningRate) && LearningRate >= 0, "learningRate", LearningRate, "0 or more");
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, "weightDecay", WeightDecay, "0 or more");
        Require(WarmupSteps >= 0, "warmupSteps", WarmupSteps, "0 or more");
        Require(MaxGradientNorm is null or > 0, "maxGradientNorm", MaxGradientNorm, "above 0, or null for no clipping");
        Require(Rank is > 0 and <= 4096, "rank", Rank, "1 to 4,096");
        Require(double.IsFinite(Alpha) && Alpha > 0, "alpha", Alpha, "above 0");
        Require(Dropout is >= 0 and < 1, "dropout", Dropout, "0 to below 1");
        Require(MaxTokens is null or > 1, "maxTokens", MaxTokens, "2 or more, or null for the model's context");
        Require(
            CheckpointEvery is null or > 0,
            "checkpointEvery",
            CheckpointEvery,
            "1 or more, or null for one an epoch"
        );
        Require(
            TargetModules is null or { Count: > 0 },
            "targetModules",
            "[]",
            "at least one name, or null for q_proj, k_proj, v_proj, o_proj"
        );
        Require(ValidationShare is >= 0 and < 1, "validationShare", ValidationShare, "0 to below 1");
        bool validates = ValidationShare > 0;
        Require(
            ValidationEvery is null || (ValidationEvery > 0 && validates),
            "validationEvery",
            ValidationEvery,
            "1 or more, only together with validationShare; null for one an epoch"
        );
        Require(
            EarlyStoppingPatience is null || (EarlyStoppingPatience > 0 && validates),
            "earlyStoppingPatience",
            EarlyStoppingPatience,
            "1 or more, only together with validationShare; null for no early end"
        );
        Require(MaxSteps is null or > 0, "maxSteps", MaxSteps, "1 or more, or null for all epochs");
        Require(!Truncate || MaxTokens is not null, "truncate", Truncate, "true only together with maxTokens");

        void Require(bool holds, string key, object? value, string wanted) =>
            Wanted.That(holds, source, $"{place}.{key}", value, wanted);
    }
}
