using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

public sealed class TokenizerSettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    // a token of the decoder alone, with the id of the vocabulary or the next free one
    [InlineData("{'added_tokens_decoder':{'3':{'content':'<x>','special':true}}}", "a<x>a", "0 3 0")]
    [InlineData("{'added_tokens_decoder':{'2':{'content':'<t>','rstrip':true,'special':true}}}", "a<t>  a", "0 2 0")]
    // named special tokens are added tokens wherever they come from
    [InlineData("{'eos_token':'ab'}", "aab", "0 3")]
    [InlineData("{'mask_token':{'content':'<m>','lstrip':true}}", "a <m>", "0 3")]
    [InlineData("{'additional_special_tokens':['<y>']}", "<y>a", "3 0")]
    public void Tokens_of_the_settings_are_recognised(string settings, string text, string ids)
    {
        Write("tokenizer_config.json", settings);

        Assert.Equal(ids, string.Join(' ', Load().Encode(text)));
    }

    [Fact]
    public void Flags_of_an_object_win_and_a_text_changes_none()
    {
        Write("tokenizer_config.json", "{'bos_token':'<t>','eos_token':'<t>'}");
        Assert.Equal([0, 1, 2], Load().Encode("a <t>"));

        Write("tokenizer_config.json", "{'eos_token':{'content':'<t>','lstrip':true}}");
        Assert.Equal([0, 2], Load().Encode("a <t>"));
    }

    [Fact]
    public void The_older_files_count_only_without_a_decoder()
    {
        Write("special_tokens_map.json", "{'eos_token':{'content':'<t>'}}");
        Write("added_tokens.json", "{'<x>':3}");
        Assert.Equal((2, "0 3"), (Load().EosId, string.Join(' ', Load().Encode("a<x>"))));

        Write("tokenizer_config.json", "{'added_tokens_decoder':{}}");
        Assert.Null(Load().EosId);
    }

    [Theory]
    [InlineData("{'bos_token':'<t>','add_bos_token':false}", true, "2 0", "a begin token is added")]
    [InlineData("{'bos_token':'<t>','add_bos_token':true}", false, "0", "no begin token is added")]
    [InlineData("{'bos_token':'<t>','add_bos_token':true}", true, "2 0", null)]
    public void Post_processor_decides_and_a_contradicting_flag_is_reported(
        string settings,
        bool adds,
        string ids,
        string? notice
    )
    {
        Write("tokenizer_config.json", settings);
        Tokenizer tokenizer = Load(adds);

        Assert.Equal(ids, string.Join(' ', tokenizer.EncodeInput("a")));
        Assert.Equal(notice is not null, tokenizer.Notice is not null);
        Assert.Contains(notice ?? "", tokenizer.Notice ?? "");
        Assert.Equal([2, 0], adds ? tokenizer.EncodeInput("<t>a") : [2, 0]); // no second one
    }

    private void Write(string name, string json) =>
        File.WriteAllText(Path.Combine(folder, name), json.Replace('\'', '"'));

    private Tokenizer Load(bool adds = false)
    {
        const string template =
            "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'t'}},{'Sequence':{'id':'A'}}],'special_tokens':{'t':{'ids':[2]}}}";
        Write(
            "tokenizer.json",
            "{'added_tokens':[{'id':2,'content':'<t>','special':true,'normalized':false}],"
                + $"'post_processor':{(adds ? template : "null")},"
                + "'model':{'type':'BPE','vocab':{'a':0,' ':1,'ab':3},'merges':[]}}"
        );
        return Tokenizer.Load(folder);
    }
}
